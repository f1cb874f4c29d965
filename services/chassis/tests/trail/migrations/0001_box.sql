CREATE TABLE box (name text PRIMARY KEY, county text NOT NULL, opened integer NOT NULL DEFAULT 0);
