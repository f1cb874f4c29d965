-- A claim says of which county it is, and no more (chassis/0013_walls.sql).
CALL wall('waiting_claim', '{"county": "county"}');
CALL wall('rejected_claim', '{"county": "county"}');
