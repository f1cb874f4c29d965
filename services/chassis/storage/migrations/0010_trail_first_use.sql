-- A key or token is used for the first time once, whichever processes see it, and however long the trail is that tells of it.
-- A service whose trail belongs to another role can't make this; that role does when provisioning takes the trail over.
DO $$ BEGIN
IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'trail.act'::regclass), 'USAGE') THEN
    CREATE UNIQUE INDEX IF NOT EXISTS act_of_first_use ON trail.act ((objects[1])) WHERE action = 'access.first-use';
END IF;
END $$;
