-- An entry is erased when the time for which it is kept is over. Who went along on which task stays, by the opaque code.
ALTER TABLE expert_assignment DROP CONSTRAINT expert_assignment_expert_id_fkey;
