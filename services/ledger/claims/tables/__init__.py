"""Claims that wait and claims that were refused, each with the record as it came."""
