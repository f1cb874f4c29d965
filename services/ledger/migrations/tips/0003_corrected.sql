-- 更正核查: what a verification should have said. Wider than before, and validated in the next file.
ALTER TABLE tip_record DROP CONSTRAINT tip_record_doing_check;
ALTER TABLE tip_record ADD CONSTRAINT tip_record_doing_check
    CHECK (doing IN ('received', 'verified', 'corrected', 'refuted', 'told', 'answered')) NOT VALID;
