-- What only the city may do: the letter about it goes to the city's office. The release before writes rows without it.
ALTER TABLE follow_up ADD COLUMN of_city boolean NOT NULL DEFAULT false;
