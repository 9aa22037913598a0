"""The ways out: one small file for each type of channel."""
