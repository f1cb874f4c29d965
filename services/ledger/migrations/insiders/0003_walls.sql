-- An inside report is its enterprise's (chassis/0013_walls.sql).
CALL wall('inside_report', '{"county": "county", "enterprise": "enterprise"}');
