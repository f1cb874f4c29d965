"""What inspections found (检查发现): filed with a task's submission, said to the ledger once, followed as its hazards.

It never decides what becomes of a finding: the ledger does. Carries SY09's link from an inspection to the hazards that it
found.
"""
