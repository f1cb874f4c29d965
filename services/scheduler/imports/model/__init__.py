"""The readers of each form, and what reading yields: duties, faults and doubts, by row and cell. Pure."""
