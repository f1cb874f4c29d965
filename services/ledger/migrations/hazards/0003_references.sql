-- References are compared folded: NFKC, case kept, without white space and characters that show nothing; the same rule as
-- duban_contracts.admissible.texts.folded. What the county wrote stays in `reference`.
CREATE FUNCTION folded_reference(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(
        normalize(regexp_replace(normalize(written, NFKC), invisible, '', 'g'), NFKC), invisible, '', 'g')
      FROM (VALUES (
        '[\u0001-\u0020\u0085\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F'
        '\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\U000E0000-\U000E0FFF]')) AS rule (invisible)
$$;
ALTER TABLE hazard ADD COLUMN reference_key text,
                   ADD COLUMN doubts text NOT NULL DEFAULT '';
-- Hazards that were registered under look-alikes stay what they are: two hazards. The one whose reference is written as
-- it folds, else the oldest, holds the folded reference; each other is found under its reference as it is written, which
-- is nobody's fold, and under its number. New look-alikes are linked to the holder.
UPDATE hazard
   SET reference_key = CASE WHEN held.standing = 1 THEN held.key ELSE hazard.reference END
  FROM (SELECT hazard_id, key,
               row_number() OVER (PARTITION BY county, key ORDER BY reference <> key, hazard_id) AS standing
          FROM (SELECT hazard_id, county, reference, folded_reference(reference) AS key FROM hazard) AS each) AS held
 WHERE held.hazard_id = hazard.hazard_id;
ALTER TABLE hazard ALTER COLUMN reference_key SET NOT NULL;
ALTER TABLE hazard DROP CONSTRAINT hazard_one_per_reference;
ALTER TABLE hazard ADD CONSTRAINT hazard_one_per_reference UNIQUE (county, reference_key);
