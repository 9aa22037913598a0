"""The whole service on one machine: `python -m infra.local` starts it, watches it and stops it."""
