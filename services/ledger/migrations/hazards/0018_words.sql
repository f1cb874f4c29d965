-- Text search: pairs of neighbouring characters of what is searched (`model/words.py`), since words of two characters are
-- what people look for and PostgreSQL has no index that finds them. Beside `hazard`, so that its many updates needn't carry
-- it, and written by a job: a pair is made of every character of a report, which no report should wait for.
CREATE TABLE hazard_words (
    hazard_id uuid     PRIMARY KEY,
    pairs     tsvector NOT NULL
);
-- What waits to be sorted in is read through by every search: a megabyte, and not the four of the server.
CREATE INDEX hazard_words_pairs ON hazard_words USING gin (pairs) WITH (gin_pending_list_limit = 1024);

-- Hazards whose words have yet to be read, or to be read again. A search looks at each of them.
CREATE TABLE hazard_unread (
    hazard_id uuid PRIMARY KEY
);

CREATE FUNCTION note_unread_hazards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hazard_unread SELECT hazard_id FROM new_hazard ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- What is unread already is written all the same: that locks it, and the job passes it over until the new words are
-- committed. DO NOTHING locks nothing, and the job would take it away with the old words read.
CREATE FUNCTION note_unread_hazard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hazard_unread VALUES (NEW.hazard_id) ON CONFLICT (hazard_id) DO UPDATE SET hazard_id = EXCLUDED.hazard_id;
    RETURN NULL;
END $$;
CREATE TRIGGER new_hazards_are_unread AFTER INSERT ON hazard REFERENCING NEW TABLE AS new_hazard
    FOR EACH STATEMENT EXECUTE FUNCTION note_unread_hazards();
CREATE TRIGGER corrected_hazards_are_unread AFTER UPDATE ON hazard FOR EACH ROW
    WHEN ((OLD.enterprise_name, OLD.place, OLD.description, OLD.township_code, OLD.sector, OLD.enterprise_uscc)
          IS DISTINCT FROM
          (NEW.enterprise_name, NEW.place, NEW.description, NEW.township_code, NEW.sector, NEW.enterprise_uscc))
    EXECUTE FUNCTION note_unread_hazard();
