"""The house's own lint: rules of layout and language that no library knows (DESIGN §9). `python -m tools.structure`."""
