"""Duties (周期职责): who has to do what, how often or by when, for whom; and the planning of tasks from them.

A duty is data with versions: changing it changes what is still ahead, and every version stays readable. It never says
how a task went: that is the tasks'. Feature rows: SY03, SY04's owner and helpers, SY17, SY21.
"""
