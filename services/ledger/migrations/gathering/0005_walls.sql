-- A pair says whose it is by county and sector; townships and enterprises are told by its hazards, which are read with it.
CALL wall('look_alike', '{"county": "county", "sector": "sector"}', '{township, unit, enterprise}');
