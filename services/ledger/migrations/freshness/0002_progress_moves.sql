-- Now the chassis' `consumer_progress`; what stood here is told anew within a second of the start.
DROP TABLE claim_progress;
