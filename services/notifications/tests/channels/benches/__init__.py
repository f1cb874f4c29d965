"""How tests reach each channel: one file for each term of the vocabulary, with its `BENCH`."""
