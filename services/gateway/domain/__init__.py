"""Pure rules of the edge: what an event must be, when a repeat is safe, how a receipt moves."""
