"""The metric store: frames, heads, blocks and the queries over them; knows bytes and arrays, never a driver."""
