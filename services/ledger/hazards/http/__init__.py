"""The ways in over HTTP: `reads` and `commands`."""
