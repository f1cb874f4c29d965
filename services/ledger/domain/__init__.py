"""What a hazard is and what may become of it: pure rules, no clock, no database, no broker."""
