"""A lifelike fleet for looking at: two weeks of it, through the real ingest path."""
