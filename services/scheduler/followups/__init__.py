"""Follow-ups (SY43, SY31): days by which something that follows has to be done, after an accident or a closing.

Each day is set once, and is met or passed; there are no pauses. When one passes, the scheduler says so once, behind the
fence of the ledger's heartbeats. What has to be done, and by whom, is the ledger's to know.
"""
