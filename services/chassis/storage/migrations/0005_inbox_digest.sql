-- What was said under an event's id, so that the same id with other content is noticed. NULL: taken in before this.
ALTER TABLE inbox ADD COLUMN digest bytea;
