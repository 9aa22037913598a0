"""`make storm`: what can break breaks, one thing after the other, under load; then nothing may be missing."""
