"""The rows of clocks, the list of deadlines, and by what the reminders were planned."""
