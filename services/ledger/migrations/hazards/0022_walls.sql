-- What a person reads of hazards, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('hazard', '{"county": "county", "township": "township_code", "sector": "sector", "unit": "responsible_unit", "enterprise": "enterprise_uscc"}');
CALL wall('hazard_tally', '{"county": "county", "sector": "sector", "unit": "responsible_unit"}');
CALL wall('hazard_tally_of_township', '{"county": "county", "township": "township_code", "sector": "sector", "unit": "responsible_unit"}');
CALL wall('hazard_tally_change', '{"county": "county", "township": "township_code", "sector": "sector", "unit": "responsible_unit"}');

-- Where a search has to look: the hazards that hold the pairs `looked_for`, and whatever is unread, older than `before`, newest first.
-- Readers have no right to what stands in those tables, and get ids alone, of which the wall shows them their own.
CREATE FUNCTION hazards_that_could_hold(looked_for text, before uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1000 AS $$
    SELECT hazard_id FROM (
           SELECT hazard_id FROM hazard_words WHERE pairs @@ looked_for::tsquery AND hazard_id < before
            UNION SELECT hazard_id FROM hazard_unread WHERE hazard_id < before) AS could
     ORDER BY hazard_id DESC
$$;

-- Single hazards for many readers at once: each is asked for within a scope of its own, by its id, its number, or a key of its
-- county's references. Rounds share one statement, and each row of it has passed the wall of whoever asked.
CREATE FUNCTION hazards_asked_for(scopes text[], ids uuid[], numbers text[], counties text[], reference_keys text[])
    RETURNS TABLE (nth integer, found hazard) LANGUAGE plpgsql AS $$
BEGIN
    FOR asked IN 1 .. cardinality(scopes) LOOP
        -- Until this statement ends: what the session itself is stays.
        PERFORM set_config('duban.scope', scopes[asked], true);
        IF ids[asked] IS NOT NULL THEN
            RETURN QUERY SELECT asked, hazard FROM hazard WHERE hazard_id = ids[asked];
        ELSIF numbers[asked] IS NOT NULL THEN
            RETURN QUERY SELECT asked, hazard FROM hazard WHERE number = numbers[asked];
        ELSE
            RETURN QUERY SELECT asked, hazard FROM hazard
                          WHERE county = counties[asked] AND reference_key = reference_keys[asked];
        END IF;
    END LOOP;
END $$;
