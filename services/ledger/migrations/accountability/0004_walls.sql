-- What a person reads of cases, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('accountability_case', '{"county": "hazard_county", "township": "hazard_township", "sector": "hazard_sector", "enterprise": "enterprise_uscc"}');
