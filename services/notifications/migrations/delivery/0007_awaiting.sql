-- outside a transaction
-- What waits for a channel's return, by place and oldest first; empty while all channels work.
DROP INDEX CONCURRENTLY IF EXISTS delivery_awaiting;
CREATE INDEX CONCURRENTLY delivery_awaiting ON delivery (channel, away_place, position)
    WHERE state = 'pending' AND away IS NOT NULL;
