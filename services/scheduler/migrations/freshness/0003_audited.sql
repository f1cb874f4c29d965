-- When each self-audit (supervision, tasks, planning) last ended (wall time); of one that never did, since when it is waited for.
CREATE TABLE audited (
    audit    text        PRIMARY KEY,
    ended_at timestamptz NOT NULL
);
