"""Events from Kafka into PostgreSQL, each taken in once: the loop, its attempts, dead letters, the version rule."""
