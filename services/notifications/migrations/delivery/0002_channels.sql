-- A channel is a term of the published vocabulary and a file of the code, no list in a table.
ALTER TABLE delivery DROP CONSTRAINT delivery_channel_check;

-- A delivery says itself whose it is, so that its lists and its readers need no other slice's tables.
ALTER TABLE delivery
    ADD COLUMN number text,
    ADD COLUMN addressee text,
    ADD COLUMN county text,
    ADD COLUMN township text,
    ADD COLUMN sector text,
    ADD COLUMN unit text,
    ADD COLUMN enterprise text;
UPDATE delivery
   SET number = letter.number, addressee = letter.addressee, county = letter.county, township = letter.township,
       sector = letter.sector, unit = letter.unit, enterprise = letter.enterprise
  FROM letter WHERE letter.letter_id = delivery.letter_id;
ALTER TABLE delivery
    ALTER COLUMN number SET NOT NULL,
    ALTER COLUMN county SET NOT NULL,
    ALTER COLUMN unit SET NOT NULL;

-- Any channel may have endpoints that want no more messages; so far only webhooks had.
ALTER TABLE closed_endpoint ADD COLUMN channel text NOT NULL DEFAULT 'webhook';
ALTER TABLE closed_endpoint
    ALTER COLUMN channel DROP DEFAULT,
    DROP CONSTRAINT closed_endpoint_pkey,
    ADD PRIMARY KEY (channel, endpoint);

-- How often a channel may be used is reckoned from the attempts of the last minute.
CREATE INDEX delivery_attempt_begun ON delivery_attempt (begun_at);
