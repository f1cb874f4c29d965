"""Taking a county's events in (`accept_events`), whose ids are reserved first (`reserve_events`)."""
