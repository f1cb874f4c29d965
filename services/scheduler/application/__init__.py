"""What the scheduler does, named as business verbs."""
