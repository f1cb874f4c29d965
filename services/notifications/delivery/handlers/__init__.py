"""Verbs: hand letters over, begin what is due, record what became of an attempt, retry, confirm."""
