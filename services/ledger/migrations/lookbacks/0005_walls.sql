-- What a person reads of look-backs, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('look_back', '{"county": "hazard_county", "township": "hazard_township", "sector": "hazard_sector"}');
