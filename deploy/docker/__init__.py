"""The container image of all services, and what it runs once before they start."""
