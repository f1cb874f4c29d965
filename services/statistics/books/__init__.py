"""The books (SY52 to SY54): every hazard's record as the ledger's events left it, and every count it ever made.

Owns the tables `hazard_fact`, `hazard_step`, `hazard_flow`, `daily_flow` and `progress`. Knows no other slice.
"""
