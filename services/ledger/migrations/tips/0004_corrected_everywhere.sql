ALTER TABLE tip_record VALIDATE CONSTRAINT tip_record_doing_check;
