"""Taking a county's events in (`accept_events`), and writing down which are promised (`promises`)."""
