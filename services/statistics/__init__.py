"""Statistics: the figures of the city's hazards, folded from the ledger's events and recomputable from them."""
