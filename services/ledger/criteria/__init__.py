"""Criteria (判定标准): by which clauses a hazard of a sector is major, version by version, and on which days each holds.

A version is loaded whole and never changed afterwards; what was decided by it stays readable by it. Nothing here knows
hazards: their moves ask which clauses hold today. Feature row: SY37.
"""
