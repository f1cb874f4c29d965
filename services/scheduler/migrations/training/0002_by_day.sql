-- Erasing begins with the oldest sessions, and lists are in order of their days.
CREATE INDEX training_session_by_day ON training_session (held_on, session_id);
