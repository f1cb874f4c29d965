"""Taking claims in a batch at a time (`take_claims`), and settling each (`settlement`)."""
