"""The service on AWS: the package, and the CloudFormation stack around it."""
