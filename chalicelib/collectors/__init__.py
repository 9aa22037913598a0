"""The ways to targets: what each type speaks, and the API that what was pulled is recorded by."""
