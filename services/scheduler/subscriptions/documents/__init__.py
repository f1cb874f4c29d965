"""What HTTP says of subscriptions: as JSON to the office, as a calendar to programs."""
