"""Events from PostgreSQL to Kafka: envelopes, outbox, relay, producer, declared topics."""
