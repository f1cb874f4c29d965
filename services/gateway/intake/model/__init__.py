"""Pure rules of the edge: what an event must be, and what makes two events the same."""
