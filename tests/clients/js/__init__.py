"""The JavaScript client."""
