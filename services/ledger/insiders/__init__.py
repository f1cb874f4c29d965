"""Inside reports (内部报告, 内部吹哨人): what a worker reports to the own enterprise, on a list that names nobody.

Who reported stands in the vault, or nowhere; no row holds the account that sent it. The worker keeps a code of the own
choice, and whoever shows it is rewarded. Feature row: SY36.
"""
