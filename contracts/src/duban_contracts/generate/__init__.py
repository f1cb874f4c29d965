"""Everything that is generated from the catalogue and committed: schemas, AsyncAPI, fixtures, the table of events."""
