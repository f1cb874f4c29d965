"""Hazard clocks: the reckoning of every hazard's deadlines from the ledger's events, and the alarms it calls for.

Feature rows: the clock of SY31 (deadline of a listed hazard) and the one event of SY45; promise P3.
"""
