"""What a letter and a delivery are: pure rules, no Kafka, SQL, HTTP, clock or randomness."""
