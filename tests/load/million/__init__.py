"""A million hazards: how a database of that size is made (`fill`), what is asked of it (`reads`), what that costs (`cost`)."""
