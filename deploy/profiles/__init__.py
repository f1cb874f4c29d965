"""City profiles: one directory each, and a maker of invented ones."""
