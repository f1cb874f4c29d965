-- A record of a hazard is read by whoever sees the hazard (chassis/0013_walls.sql).
CALL wall_behind('hazard_history', 'hazard', 'hazard_id', 'hazard_id');
