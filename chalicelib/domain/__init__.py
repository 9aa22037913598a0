"""What the field knows: pure decisions over plain values; no input, output, clock or environment."""
