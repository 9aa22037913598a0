"""Where things are kept: PostgreSQL is the truth, Valkey the buffer."""
