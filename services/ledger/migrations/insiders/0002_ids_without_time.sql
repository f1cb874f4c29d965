-- Ids of new reports are random, so that they don't tell the hour; the list goes by day.
DROP INDEX inside_report_of_enterprise;
CREATE INDEX inside_report_by_day ON inside_report (enterprise, received_on, report_id);
