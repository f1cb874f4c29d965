"""The audit that ends a demo or a storm: one file a promise."""
