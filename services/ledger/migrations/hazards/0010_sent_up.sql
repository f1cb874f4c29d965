-- 二级会商: to whom a matter was sent up that can't be solved below, and when; null while it stands where it began.
ALTER TABLE hazard ADD COLUMN sent_up_to text CHECK (sent_up_to IN ('county', 'city')),
                   ADD COLUMN sent_up_at timestamptz;
ALTER TABLE hazard ADD CONSTRAINT hazard_sent_up_whole CHECK (num_nonnulls(sent_up_to, sent_up_at) IN (0, 2));
CREATE INDEX hazard_sent_up ON hazard (sent_up_to, hazard_id) WHERE sent_up_to IS NOT NULL;
