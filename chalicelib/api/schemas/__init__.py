"""What bodies may look like."""
