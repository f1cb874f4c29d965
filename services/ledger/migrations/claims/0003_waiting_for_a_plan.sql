-- 整改完成 of a major hazard waits for its plan, which may come another way and later.
ALTER TABLE waiting_claim DROP CONSTRAINT waiting_claim_waiting_for_check;
ALTER TABLE waiting_claim ADD CONSTRAINT waiting_claim_waiting_for_check
    CHECK (waiting_for IN ('report', 'confirmation', 'plan'));
