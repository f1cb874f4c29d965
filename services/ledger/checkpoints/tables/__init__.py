"""The tree's tiles, what was signed of it, and the lock of whoever adds to either."""
