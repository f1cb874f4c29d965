"""Ways into the chassis: the `duban` command line."""
