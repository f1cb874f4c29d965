-- The receipt of the enterprise whose matter it is: beside the office's own, never for it.
ALTER TABLE letter ADD COLUMN enterprise_acknowledged_at timestamptz,
                   ADD COLUMN enterprise_acknowledged_by text;
ALTER TABLE letter ADD CONSTRAINT letter_enterprise_acknowledged_whole
    CHECK ((enterprise_acknowledged_at IS NULL) = (enterprise_acknowledged_by IS NULL));
