"""Verbs: issue letters, note how they travelled, sign for one."""
