"""What notifiers keep in DynamoDB."""
