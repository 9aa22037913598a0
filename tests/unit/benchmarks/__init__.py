"""Tests of what the benchmarks send and count."""
