-- The example's rows: one column for each dimension of a scope.
CREATE TABLE thing (
    name       text PRIMARY KEY,
    county     text,
    township   text,
    sector     text,
    unit       text,
    enterprise text,
    done       boolean NOT NULL DEFAULT false
);
