"""What was recorded, for good: the chain of every hazard's history and its export (promise P4; SY66's trail stands on it)."""
