"""The service as somebody sees it who wants to break it."""
