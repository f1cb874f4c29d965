-- An account's area may be an area group of the city's profile (包片督导组), which begins with a letter.
ALTER TABLE api_key DROP CONSTRAINT api_key_area_check;
ALTER TABLE api_key ADD CONSTRAINT api_key_area_check CHECK (area ~ '^([0-9]{6}([0-9]{3})?|[A-Z][A-Z0-9-]{0,15})$');
