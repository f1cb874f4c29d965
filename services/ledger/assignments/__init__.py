"""Assigned matters (交办, SY32): who gave whom which matter to see to, until when it is answered, and every answer.

A matter is a hazard or stands in words; its 交办单 has a number of its own. What is unanswered past its date stands on the
committee leaders' list with its history. Nothing is published: the list is computed by the clock when it is read, so no alarm
can be missed.
"""
