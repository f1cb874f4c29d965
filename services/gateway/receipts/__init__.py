"""Receipts (SY64 县级系统接入): where each event of a county stands, from its reservation to the ledger's answer.

Owns the table `receipt`; what the ledger answers is handed over by whoever reads the counties' feedback topics.
"""
