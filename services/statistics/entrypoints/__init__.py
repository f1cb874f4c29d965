"""The stream processor and the HTTP API."""
