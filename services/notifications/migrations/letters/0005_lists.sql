-- outside a transaction
-- Lists that walked past what they did not show, measured at 250,000 letters. Each takes less than a second there.
-- Letters are mostly acknowledged: what is not is what people look for.
DROP INDEX CONCURRENTLY IF EXISTS letter_by_state;
CREATE INDEX CONCURRENTLY letter_by_state ON letter (state, position) WHERE state <> 'acknowledged';
DROP INDEX CONCURRENTLY IF EXISTS letter_by_subject;
CREATE INDEX CONCURRENTLY letter_by_subject ON letter (about_kind, position);
DROP INDEX CONCURRENTLY IF EXISTS letter_by_kind;
CREATE INDEX CONCURRENTLY letter_by_kind ON letter (kind, position);
DROP INDEX CONCURRENTLY IF EXISTS letter_by_unit;
CREATE INDEX CONCURRENTLY letter_by_unit ON letter (unit, position);
DROP INDEX CONCURRENTLY IF EXISTS letter_by_addressee;
CREATE INDEX CONCURRENTLY letter_by_addressee ON letter (addressee_unit, position);
DROP INDEX CONCURRENTLY IF EXISTS letter_of_township;
CREATE INDEX CONCURRENTLY letter_of_township ON letter (township, position) WHERE township IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS letter_of_sector;
CREATE INDEX CONCURRENTLY letter_of_sector ON letter (sector, position) WHERE sector IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS letter_of_enterprise;
CREATE INDEX CONCURRENTLY letter_of_enterprise ON letter (enterprise, position) WHERE enterprise IS NOT NULL;
