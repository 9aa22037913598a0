"""What is the matter? Checks that name a cause and the way out; through the API, and past it when it is down."""
