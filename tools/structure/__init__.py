"""The house's own lint: rules of layout and language that no library knows (CONTRIBUTING, Slices). `python -m tools.structure`."""
