-- Whatever the trail is asked by has its index. The two of arrays put new entries aside, and whoever finds no room left there
-- sorts them all in: a command, in its transaction. So there is little room, 256 kB and not the server's 4 MB: 0.12 s at most
-- beside a million rows.
-- A service whose trail belongs to another role can't make them. That role does when provisioning takes the trail over
-- (services/chassis/trail/keeping.py), so each statement can be repeated. Whoever writes waits meanwhile, 26 s for a million
-- rows; but the release before keeps no trail, so there is next to nothing to wait for.
DO $$ BEGIN
IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'trail.act'::regclass), 'USAGE') THEN
    CREATE INDEX IF NOT EXISTS act_by_action ON trail.act (action, at, position);
    CREATE INDEX IF NOT EXISTS act_by_outcome ON trail.act (outcome, at, position);
    CREATE INDEX IF NOT EXISTS act_by_event ON trail.act USING gin (events) WITH (gin_pending_list_limit = 256);
    ALTER INDEX trail.act_by_object SET (gin_pending_list_limit = 256);
END IF;
END $$;
