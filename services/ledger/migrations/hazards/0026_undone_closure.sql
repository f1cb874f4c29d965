-- Whose posts answered for the newest 销号 once it was undone, while nobody has found it false: it may still be.
ALTER TABLE hazard ADD COLUMN undone_closure jsonb;

-- A new database has no history yet.
DO $$ BEGIN
    IF to_regclass('hazard_history') IS NOT NULL THEN
        WITH told AS (
            SELECT said.hazard_id, said.version, split_part(said.type, '.', 3) AS kind,
                   convert_from(said.payload, 'UTF8')::jsonb AS doc
              FROM hazard_history AS said JOIN hazard USING (hazard_id)
             WHERE hazard.reopened_count > 0),
        newest AS (
            SELECT DISTINCT ON (hazard_id) hazard_id, version, kind, doc FROM told
             WHERE kind IN ('closed', 'reopened', 'accountability_opened') ORDER BY hazard_id, version DESC),
        closure AS (
            SELECT DISTINCT ON (hazard_id) told.hazard_id, told.version, told.doc
              FROM told JOIN newest USING (hazard_id)
             WHERE newest.kind = 'reopened' AND newest.doc ->> 'false_rectification' IS DISTINCT FROM 'true'
               AND told.kind = 'closed' AND told.version < newest.version
             ORDER BY hazard_id, told.version DESC),
        answered AS (
            SELECT closure.hazard_id, closure.doc,
                   (SELECT told.doc ->> 'responsible_post' FROM told
                     WHERE told.hazard_id = closure.hazard_id AND told.kind = 'planned' AND told.version < closure.version
                     ORDER BY told.version DESC LIMIT 1) AS owner_post,
                   -- The first of two reviewers: whoever reviewed the newest submission.
                   (SELECT CASE told.kind WHEN 'reviewed' THEN told.doc END FROM told
                     WHERE told.hazard_id = closure.hazard_id AND told.kind IN ('submitted', 'reviewed')
                       AND told.version < closure.version
                     ORDER BY told.version DESC LIMIT 1) AS reviewed
              FROM closure)
        UPDATE hazard SET undone_closure = jsonb_build_object(
               'owner_unit', answered.doc #>> '{hazard,responsible_unit}',
               'owner_post', coalesce(answered.owner_post, '企业主要负责人'),
               'reviewers', to_jsonb(array_remove(ARRAY[
                   (answered.reviewed #>> '{actor,role}') || coalesce('@' || (answered.reviewed #>> '{actor,unit}'), ''),
                   (answered.doc #>> '{actor,role}') || coalesce('@' || (answered.doc #>> '{actor,unit}'), '')], NULL)))
          FROM answered WHERE answered.hazard_id = hazard.hazard_id;
    END IF;
END $$;
