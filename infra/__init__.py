"""Everything around the service: the local stack, and what a deployment adds to Chalice's own."""
