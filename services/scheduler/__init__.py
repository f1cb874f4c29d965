"""The scheduler: owner of time. It keeps the clock of every hazard and says when a deadline is near or has passed."""
