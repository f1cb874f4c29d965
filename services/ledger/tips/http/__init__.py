"""The ways in over HTTP: `intake`, `reads`, `moves` of tips, and `lookups` of who reported them."""
