"""The 隐患台账: what a hazard is, what may become of it, and who may say so.

Carries SY23 (ledger), SY25 (a sector's own hazards), SY27 (two-level confirmation), SY28 (rectification list), SY30
(review before closing) and SY31 (look-back, reopening). Every state is a fold of the events that
were published. `moves/` holds one file a move; nothing here knows what follows from a move elsewhere.
"""
