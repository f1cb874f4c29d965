"""A year of the committee while its schedulers are killed and frozen, beside the same year in calm."""
