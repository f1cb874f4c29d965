-- What a person reads of assignments, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql). What is of no sector is the
-- whole unit's that was given it: the session says of which unit the reader is.
CALL wall_where('assignment', within_scope('{"county": "county"}', '{sector}')
    || ' AND (' || within_scope('{"sector": "sector"}', '{county, township, unit, enterprise}')
    || ' OR (sector IS NULL AND unit = (SELECT current_setting(''duban.unit'', true))))');
CALL wall_behind('assignment_entry', 'assignment', 'assignment_id', 'assignment_id');
