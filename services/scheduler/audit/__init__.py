"""The self-audit: deadlines that passed without their event, and clocks that disagree with their alarms (promise P3).

It stands above clocks and alarms, and changes neither.
"""
