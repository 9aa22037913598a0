"""Hours of a fleet's load on the program that `make run` starts, and what it takes to break it."""
