"""The pure rules of draws: what is announced, and what follows from it."""
