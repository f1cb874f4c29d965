"""What the gateway does, named as business verbs."""
