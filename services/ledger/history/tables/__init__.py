"""The append-only table, its export, and the locks that keep an export whole."""
