"""Signed checkpoints of the whole history (promise P4): what a county keeps, and no owner of a database can take back.

Owns the tree over all records (RFC 6962, tables `checkpoint_tile`) and what was signed of it (`checkpoint`). Writes no
history; reads it in the order of its export.
"""
