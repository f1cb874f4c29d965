-- What a person reads of referrals, PostgreSQL itself keeps within its scope (chassis/0013_walls.sql).
CALL wall('referral', '{"county": "county", "sector": "sector"}');
