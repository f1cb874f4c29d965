-- A stop order is read by whoever sees its hazard (chassis/0013_walls.sql).
CALL wall_behind('stop_order', 'hazard', 'hazard_id', 'hazard_id');
