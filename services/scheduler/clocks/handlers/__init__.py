"""What is done with clocks: keep them, plan their reminders, tell their alarms."""
