"""Tests of what stands around the service."""
