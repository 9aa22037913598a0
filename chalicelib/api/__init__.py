"""HTTP: one blueprint a resource; authentication, validation and errors in endpoint.py."""
