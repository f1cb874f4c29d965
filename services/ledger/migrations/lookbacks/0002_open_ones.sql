-- The list of what is to be done reads what is open, however many are done.
CREATE INDEX look_back_open ON look_back (due_on, hazard_id, closure) WHERE outcome IS NULL;
