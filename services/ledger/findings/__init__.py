"""What inspections found (检查发现), as their tasks report it: a hazard each, by the same decisions as a county's reports.

Never decides what a report may say: the claims do, and the contract at every door. What can't be recorded is answered to
the task, and kept with its bytes among the claims that were refused. Carries SY09's link of an inspection to its hazards,
and SY26's second channel.
"""
