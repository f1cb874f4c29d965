"""The reckoning: its values, how events move it, what it calls for, and its account in words."""
