"""The service: domain decides, services put steps in order, adapters touch the world, api speaks HTTP."""
