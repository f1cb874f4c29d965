"""Some minutes of a city's life at a compressed clock, on the real platform, and an audit of what became of it."""
