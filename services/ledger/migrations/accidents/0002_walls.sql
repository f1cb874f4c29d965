-- What a person reads of accidents, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('accident', '{"county": "county", "sector": "sector"}');
CALL wall_behind('accident_measure', 'accident', 'accident_id', 'accident_id');
CALL wall_behind('accident_entry', 'accident', 'accident_id', 'accident_id');
