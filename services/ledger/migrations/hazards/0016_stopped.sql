-- 责令停产停业 that holds, as the hazard's facts have it; how many there have been; and that nothing stopped is struck off.
ALTER TABLE hazard ADD COLUMN stopped jsonb,
                   ADD COLUMN stop_count integer NOT NULL DEFAULT 0 CHECK (stop_count >= 0);
ALTER TABLE hazard ADD CONSTRAINT hazard_stopped_while_open
    CHECK (stopped IS NULL OR state IN ('confirmed', 'rectifying', 'in_review')) NOT VALID;
