"""Begins a slice: the folder, its layers, its migration, its first test (CONTRIBUTING, "Add a slice")."""
