-- What a person reads of tips, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('tip', '{"county": "county", "township": "township", "sector": "sector", "unit": "unit", "enterprise": "enterprise_uscc"}');
CALL wall_behind('tip_record', 'tip', 'tip_id', 'tip_id');
