-- What nobody has decided about and no publisher is to blame for: few rows, which are asked for several times a second;
-- what was refused stays held for good and must not be read each time.
CREATE INDEX dead_letter_held_by_fault ON dead_letter (consumer, topic, "timestamp") WHERE state = 'held' AND NOT refused;
