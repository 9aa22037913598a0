"""What the services need of the world: one page of Protocols per area; adapters satisfy them by shape."""
