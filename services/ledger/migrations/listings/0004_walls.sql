-- What a person reads of listings, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('listing', '{"county": "county", "township": "township", "sector": "sector", "enterprise": "enterprise"}');
