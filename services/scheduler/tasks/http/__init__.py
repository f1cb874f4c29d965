"""The ways in over HTTP: `reads`, and `commands`, one route a move."""
