"""Where the world calls the ledger: HTTP and Kafka."""
