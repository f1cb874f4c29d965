-- What decides who may see a clock, as the hazard's facts have it; and clocks are found by their hazard's number too.
ALTER TABLE hazard_clock ADD COLUMN township text;
ALTER TABLE hazard_clock ADD COLUMN responsible_unit text;
ALTER TABLE hazard_clock ADD COLUMN enterprise_uscc text;
UPDATE hazard_clock
   SET township = facts ->> 'township', responsible_unit = facts ->> 'responsible_unit',
       enterprise_uscc = facts ->> 'enterprise_uscc';
CREATE INDEX hazard_clock_number ON hazard_clock (number);
