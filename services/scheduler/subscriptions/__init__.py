"""Subscriptions (日历订阅): the tasks of a unit or a county as an iCalendar feed, for Outlook and phones.

A calendar program sends no key: the secret stands in the address. The office issues and revokes it, only its digest is
kept, and no log, metric or trace shows it.
"""
