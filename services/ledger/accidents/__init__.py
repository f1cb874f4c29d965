"""Accidents (事故查处, SY43): what happened, the measures that follow from it, and whether they are evaluated by their day.

A regulator registers an accident by place, grade and counts, never by persons. Once its investigation is closed it has a
look-back date; its measures stay on an open list until another account than did them has verified each, and the accident
is evaluated. What happens to it stands in the ledger's history and in a list of steps of its own. Its dates are told to the scheduler, which raises the alarm; nothing here decides that a day has passed.
"""
