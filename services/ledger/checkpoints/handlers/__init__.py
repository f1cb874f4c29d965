"""Growing the tree, signing what it has become, and proving what is in it."""
