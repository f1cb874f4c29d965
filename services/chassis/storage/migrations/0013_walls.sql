-- The second wall: row-level security behind `access.scope`. People's reads come as a role that owns nothing and may pass by no
-- policy (`storage/readers.py`); their session says whose they are in `duban.scope`, as `Scope.said` writes it:
-- {"county": ["140502"], "sector": ["coal_mine"]}; what is not named is not restricted. A session that says nothing sees nothing.
-- Whoever owns the tables (consumers, jobs, commands in rounds, the release before) sees all of them: it acts for the city.

-- The codes inside in one dimension; null where it is not restricted.
CREATE FUNCTION scope_codes(dimension text) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    said text := current_setting('duban.scope', true);
BEGIN
    IF coalesce(said, '') = '' THEN
        RETURN '{}';
    END IF;
    IF said::jsonb -> dimension IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT jsonb_array_elements_text(said::jsonb -> dimension));
END $$;

-- Lets readers see those rows of a table that `condition` admits; whoever is restricted nowhere sees all. Each scope is read once
-- a statement and compared with each row. A CASE, since PostgreSQL takes half of the rows for what it lets through: of the
-- conditions themselves it would believe that they leave nothing, and sort whole tables in place of walking an index until a page
-- is full.
CREATE PROCEDURE wall_where(of_table regclass, condition text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS readers ON %s', of_table);
    EXECUTE format(
        'CREATE POLICY readers ON %s FOR SELECT USING (CASE WHEN (SELECT current_setting(%L, true)) = %L OR (%s) THEN true ELSE false END)',
        of_table, 'duban.scope', '{}', condition);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of_table);
END $$;

-- The condition of `Scope.where`: a column for each dimension that the table has. One that it has not shuts out whoever is
-- restricted there, unless it is `blind`: told by rows of another table that are read with it.
CREATE FUNCTION within_scope(columns jsonb, blind text[] DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(
        CASE WHEN columns ? dimension
             -- No code is empty: a row that says none lies outside.
             THEN format('coalesce(coalesce(%I, '''') = ANY ((SELECT scope_codes(%L))::text[]), true)',
                         columns ->> dimension, dimension)
             ELSE format('(SELECT scope_codes(%L)) IS NULL', dimension) END, ' AND ' ORDER BY nth)
      FROM unnest(ARRAY['county', 'township', 'sector', 'unit', 'enterprise']) WITH ORDINALITY AS each (dimension, nth)
     WHERE NOT dimension = ANY (blind)
$$;
CREATE PROCEDURE wall(of_table regclass, columns jsonb, blind text[] DEFAULT '{}') LANGUAGE plpgsql AS $$
BEGIN
    CALL wall_where(of_table, within_scope(columns, blind));
END $$;

-- The rows that belong to those of another table which the reader sees: `ours` = `theirs`.
CREATE PROCEDURE wall_behind(of_table regclass, other regclass, theirs text, ours text) LANGUAGE plpgsql AS $$
BEGIN
    -- OFFSET 0 has each row looked up by its key: PostgreSQL may not read all of the other table into a hash for a few of them.
    CALL wall_where(of_table, format(
        'EXISTS (SELECT FROM %1$s WHERE %1$s.%2$I = %3$s.%4$s OFFSET 0)', other, theirs, of_table, ours));
END $$;
