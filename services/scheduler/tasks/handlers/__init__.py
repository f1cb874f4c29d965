"""What is done with tasks: `plan` in bulk, `open_windows` by the clock, `commands` of people, `tell` of their alarms."""
