"""What operators see: logs without anybody's data, traces through Kafka headers, Prometheus metrics."""
