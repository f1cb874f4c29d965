"""`POST /v1/events`: reading a request, the allowance of an account, the answer, and what OpenAPI says of it."""
