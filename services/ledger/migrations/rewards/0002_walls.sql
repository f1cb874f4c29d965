-- What a person reads of rewards, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('reward', '{"county": "county", "township": "township", "sector": "sector", "unit": "unit"}');
