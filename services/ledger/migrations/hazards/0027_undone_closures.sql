-- What 0026 added, of the hazards that are reopened now. Each is looked up in its own history; only their rows are held.
DO $$ BEGIN
    -- A new database has no history yet.
    IF to_regclass('hazard_history') IS NOT NULL THEN
        UPDATE hazard SET undone_closure = jsonb_build_object(
               'owner_unit', answered.doc #>> '{hazard,responsible_unit}',
               'owner_post', coalesce(answered.owner_post, '企业主要负责人'),
               'reviewers', to_jsonb(array_remove(ARRAY[
                   (answered.reviewed #>> '{actor,role}') || coalesce('@' || (answered.reviewed #>> '{actor,unit}'), ''),
                   (answered.doc #>> '{actor,role}') || coalesce('@' || (answered.doc #>> '{actor,unit}'), '')], NULL)))
          FROM (
            SELECT one.hazard_id, one.reopened_count, closure.doc, planned.owner_post, submission.reviewed
              FROM hazard AS one
             CROSS JOIN LATERAL (
                SELECT said.version, split_part(said.type, '.', 3) AS kind, convert_from(said.payload, 'UTF8')::jsonb AS doc
                  FROM hazard_history AS said
                 WHERE said.hazard_id = one.hazard_id
                   AND split_part(said.type, '.', 3) IN ('closed', 'reopened', 'accountability_opened')
                 ORDER BY said.version DESC LIMIT 1) AS newest
             CROSS JOIN LATERAL (
                SELECT said.version, convert_from(said.payload, 'UTF8')::jsonb AS doc
                  FROM hazard_history AS said
                 WHERE said.hazard_id = one.hazard_id AND said.version < newest.version
                   AND split_part(said.type, '.', 3) = 'closed'
                 ORDER BY said.version DESC LIMIT 1) AS closure
              LEFT JOIN LATERAL (
                SELECT convert_from(said.payload, 'UTF8')::jsonb ->> 'responsible_post' AS owner_post
                  FROM hazard_history AS said
                 WHERE said.hazard_id = one.hazard_id AND said.version < closure.version
                   AND split_part(said.type, '.', 3) = 'planned'
                 ORDER BY said.version DESC LIMIT 1) AS planned ON true
              -- The first of two reviewers: whoever reviewed the newest submission.
              LEFT JOIN LATERAL (
                SELECT CASE split_part(said.type, '.', 3) WHEN 'reviewed' THEN convert_from(said.payload, 'UTF8')::jsonb END
                           AS reviewed
                  FROM hazard_history AS said
                 WHERE said.hazard_id = one.hazard_id AND said.version < closure.version
                   AND split_part(said.type, '.', 3) IN ('submitted', 'reviewed')
                 ORDER BY said.version DESC LIMIT 1) AS submission ON true
             WHERE one.reopened_count > 0 AND one.state <> 'closed'
               AND newest.kind = 'reopened' AND newest.doc ->> 'false_rectification' IS DISTINCT FROM 'true') AS answered
         WHERE answered.hazard_id = hazard.hazard_id AND hazard.undone_closure IS NULL
           -- Nobody struck it off meanwhile.
           AND hazard.reopened_count = answered.reopened_count AND hazard.state <> 'closed';
    END IF;
END $$;
