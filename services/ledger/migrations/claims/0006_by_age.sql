-- outside a transaction
-- What is old enough to be forgotten is found from its front.
DROP INDEX CONCURRENTLY IF EXISTS rejected_claim_by_age;
CREATE INDEX CONCURRENTLY rejected_claim_by_age ON rejected_claim (received_at);
