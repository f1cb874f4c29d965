"""What is sealed (`identity`), how (`envelope`, `keyring`), and who may ask for it (`lookups`)."""
