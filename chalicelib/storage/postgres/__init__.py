"""Every SQL statement of the service, one small file a table group."""
