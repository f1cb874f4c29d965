"""What is done with identities: `vault` opens the database, `seal` and `lookups` are for people, `keeping` for its keepers."""
