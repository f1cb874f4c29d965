"""Check offline that the ledger rewrote nothing (promise P4): a county's own copy, checkpoints and proofs.

Shares nothing with the service that makes them but the way in which events are read. Signatures need `cryptography`: the
extra duban-contracts[verify].
"""
