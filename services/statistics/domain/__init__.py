"""The books' rules: pure, no Kafka, SQL or HTTP."""
