"""The platform on one machine: Kafka, PostgreSQL and the five services under one supervisor."""
