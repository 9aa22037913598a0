"""What the API looks like, as OpenAPI 3.1: built of the routes as they are registered and of the schemas in here."""
