"""What people read, out of values; pure."""
