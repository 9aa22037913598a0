"""Every Valkey command of the service: the stream, tokens, counters."""
