-- A letter that no longer holds is not sent again, whatever becomes of the attempt that is under way.
ALTER TABLE delivery ADD COLUMN recalled boolean NOT NULL DEFAULT false;
ALTER TABLE delivery ADD CONSTRAINT delivery_recalled_never_waits CHECK (NOT (recalled AND state = 'pending'));
