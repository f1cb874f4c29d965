-- A document's number is its area's own: the id follows from both. Draws of before keep theirs, which follows from the
-- number alone.
ALTER TABLE draw DROP CONSTRAINT draw_document_number_key;
