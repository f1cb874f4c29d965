-- A letter is about a subject (kind, id, number): a hazard so far, a task or a meeting tomorrow. Its cause is the
-- subject, the kind of letter and the occasion; for a hazard the occasion is the deadline's number, for a reminder
-- followed by the days left.
ALTER TABLE letter_cause RENAME COLUMN hazard_id TO about_id;
ALTER TABLE letter_cause ADD COLUMN about_kind text, ADD COLUMN occasion text;
UPDATE letter_cause
   SET about_kind = 'hazard',
       occasion = CASE kind WHEN 'prompt' THEN deadline_number || '/' || step ELSE deadline_number::text END;
ALTER TABLE letter_cause
    DROP CONSTRAINT letter_cause_pkey,
    DROP COLUMN deadline_number,
    DROP COLUMN step,
    ALTER COLUMN about_kind SET NOT NULL,
    ALTER COLUMN occasion SET NOT NULL,
    ADD PRIMARY KEY (about_kind, about_id, kind, occasion);

ALTER TABLE letter RENAME COLUMN hazard_id TO about_id;
ALTER TABLE letter RENAME COLUMN hazard_number TO about_number;
ALTER TABLE letter RENAME COLUMN deadline_on TO due_on;
ALTER TABLE letter ADD COLUMN about_kind text;
UPDATE letter SET about_kind = 'hazard';
-- Township and enterprise decide, with county and sector, who may read a letter. Letters from before have neither:
-- an account that is bound to one does not see them.
ALTER TABLE letter
    ALTER COLUMN about_kind SET NOT NULL,
    ALTER COLUMN due_on DROP NOT NULL,
    ALTER COLUMN sector DROP NOT NULL,
    DROP COLUMN deadline_number,
    ADD COLUMN township text,
    ADD COLUMN enterprise text;
DROP INDEX letter_of_hazard;
CREATE INDEX letter_about ON letter (about_id);
