-- Findings of a month within the session's scope (chassis/0013_walls.sql): functions of the tables' owner, since no index on a month
-- can be walked behind a policy (date_trunc is not leakproof), and since what goes on under another's report is a finding of its group
-- wherever that one stands. Both keep to the scope themselves; of units and enterprises an index of findings says nothing.

-- The ids of a month's findings, newest first: in `areas` (counties and townships; null: anywhere), older than `before`.
CREATE FUNCTION findings_of_month(first date, areas text[], before uuid, most integer) RETURNS TABLE (found_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 50 AS $$
    SELECT hazard.hazard_id
      FROM hazard LEFT JOIN hazard AS survivor ON survivor.hazard_id = hazard.merged_into
     WHERE hazard.channel = 'inspection' AND date_trunc('month', hazard.found_on::timestamp) = first::timestamp
       AND hazard.hazard_id < before AND (areas IS NULL OR hazard.county = ANY (areas) OR hazard.township_code = ANY (areas))
       AND coalesce(hazard.county = ANY ((SELECT scope_codes('county'))::text[]), true)
       AND coalesce(coalesce(hazard.township_code, '') = ANY ((SELECT scope_codes('township'))::text[]), true)
       AND coalesce(hazard.sector = ANY ((SELECT scope_codes('sector'))::text[]), true)
       AND (SELECT scope_codes('unit')) IS NULL AND (SELECT scope_codes('enterprise')) IS NULL
       -- What was no hazard was no finding. What was merged counts as the one that goes on, where that is a finding itself; of
       -- what goes on as an enterprise's own report or a tip, the first finding that was merged into it stays the group's.
       AND (hazard.merged_into IS NULL AND hazard.state <> 'rejected'
            OR survivor.channel <> 'inspection' AND survivor.state <> 'rejected'
               AND NOT EXISTS (SELECT FROM hazard AS earlier
                                WHERE earlier.merged_into = hazard.merged_into AND earlier.hazard_id < hazard.hazard_id
                                  AND earlier.channel = 'inspection'))
     ORDER BY hazard.hazard_id DESC LIMIT most
$$;

-- How many there are in each place and sector, and how many of them are in one of the states `open` (as the one that goes on).
CREATE FUNCTION findings_counted(first date, open text[])
    RETURNS TABLE (county text, township_code text, sector text, found bigint, still_open bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1000 AS $$
    SELECT hazard.county, hazard.township_code, hazard.sector, count(*),
           count(*) FILTER (WHERE coalesce(survivor.state, hazard.state) = ANY (open))
      FROM hazard LEFT JOIN hazard AS survivor ON survivor.hazard_id = hazard.merged_into
     WHERE hazard.channel = 'inspection' AND date_trunc('month', hazard.found_on::timestamp) = first::timestamp
       AND coalesce(hazard.county = ANY ((SELECT scope_codes('county'))::text[]), true)
       AND coalesce(coalesce(hazard.township_code, '') = ANY ((SELECT scope_codes('township'))::text[]), true)
       AND coalesce(hazard.sector = ANY ((SELECT scope_codes('sector'))::text[]), true)
       AND (SELECT scope_codes('unit')) IS NULL AND (SELECT scope_codes('enterprise')) IS NULL
       AND (hazard.merged_into IS NULL AND hazard.state <> 'rejected'
            OR survivor.channel <> 'inspection' AND survivor.state <> 'rejected'
               AND NOT EXISTS (SELECT FROM hazard AS earlier
                                WHERE earlier.merged_into = hazard.merged_into AND earlier.hazard_id < hazard.hazard_id
                                  AND earlier.channel = 'inspection'))
     GROUP BY hazard.county, hazard.township_code, hazard.sector
$$;
