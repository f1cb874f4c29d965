"""包片督导 (1+14+N): what inspections found, by the area group in whose area it was found.

Carries SY41. Which group inspects where is data of the profile (`groups` of `city.json`); a group's account has its group as
its area, and so sees its own area everywhere. Nothing is stored here.
"""
