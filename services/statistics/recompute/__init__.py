"""The second reckoning (P5): every published figure recomputed from the ledger's own history.

Owns no table and shares no code with the first reckoning: it imports neither the other slices nor the chassis nor the
contract (docs/adr/0011-second-reckonings.md).
"""
