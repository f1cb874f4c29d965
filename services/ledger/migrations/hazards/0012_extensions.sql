-- 申请延期: the last day that is asked for while nobody has decided, by whom, and how the request is recognised.
ALTER TABLE hazard ADD COLUMN extension_wanted_on date,
                   ADD COLUMN extension_asked_by  text,
                   ADD COLUMN extension_digest    bytea;
ALTER TABLE hazard ADD CONSTRAINT hazard_extension_whole CHECK (
    num_nonnulls(extension_wanted_on, extension_asked_by) IN (0, 2));
