"""Alarms: what is to be said about deadlines of a subject, and that each is said once (promise P3).

A subject is anything with a deadline; this slice knows its kind, id and number, never what it is. Whoever has alarms
raised declares a `Source` and does `RaiseAlarms` in a job of the clock role (handlers). Feature rows: SY45's one event; SY08 will raise its reminders here.
"""
