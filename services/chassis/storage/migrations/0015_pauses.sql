-- An operator may stop a consumer for a while: then each of its partitions is held, and this says by whom.
ALTER TABLE partition_hold ADD COLUMN paused_by text;
