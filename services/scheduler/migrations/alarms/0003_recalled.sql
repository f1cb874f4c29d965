-- When what was raised was taken back, because its deadline had been set wrongly. It was said, and stays raised.
ALTER TABLE alarm ADD COLUMN recalled_at timestamptz;
ALTER TABLE alarm ADD CONSTRAINT alarm_recalled_was_raised CHECK (recalled_at IS NULL OR state = 'raised');
