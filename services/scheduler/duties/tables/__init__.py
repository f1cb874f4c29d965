"""SQL of duties: their versions, lists, occasions, and how far they are planned."""
