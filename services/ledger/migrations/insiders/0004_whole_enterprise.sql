-- An inside report is its enterprise's, of no township and no sector: accounts that are bound to some see it, too.
CALL wall('inside_report', '{"county": "county", "enterprise": "enterprise"}', '{township, sector}');
