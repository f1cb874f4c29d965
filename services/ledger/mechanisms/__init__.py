"""Named mechanisms (一单四制、双闭环 …): tag sets that a city switches on, and which of their steps a hazard has done.

Carries SY39. What the steps of a mechanism are, no source says; the profile does (`mechanisms.json`), each with the events
that do it. A step is read off the hazard's own history and letters; nothing is stored here.
"""
