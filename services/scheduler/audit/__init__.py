"""The self-audit of deadlines (promise P3).

It finds deadlines that passed without their event, clocks that disagree with their alarms, and hazards whose clock is
missing or lacks an event. It stands above clocks and alarms, and changes neither.
"""
