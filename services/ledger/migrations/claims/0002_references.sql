-- A claim waits under the key of its hazard's reference, so that a look-alike of the reference finds it.
ALTER TABLE waiting_claim ADD COLUMN reference_key text;
UPDATE waiting_claim
   SET reference_key = coalesce(
        (SELECT hazard.reference_key FROM hazard
          WHERE hazard.county = waiting_claim.county AND hazard.reference = waiting_claim.reference LIMIT 1),
        folded_reference(reference));
ALTER TABLE waiting_claim ALTER COLUMN reference_key SET NOT NULL;
DROP INDEX waiting_claim_by_reference;
CREATE INDEX waiting_claim_by_reference ON waiting_claim (county, reference_key, id);
