"""Everything that is generated and committed, in one list: `make generate` writes it, a test holds it fresh."""
