"""The rules of the books: in which cell a hazard is counted, what an event adds, and that order makes no difference."""
