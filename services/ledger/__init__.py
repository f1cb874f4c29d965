"""The ledger (隐患台账): the only writer of hazard state, with its append-only history."""
