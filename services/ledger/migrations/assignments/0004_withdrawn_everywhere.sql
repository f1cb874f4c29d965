ALTER TABLE assignment VALIDATE CONSTRAINT assignment_state_check;
