"""Time, calendars, clocks and alarms as pure values and functions."""
