"""What of the manifests in `k8s/` follows from other files: Kafka's topics and users, a profile's ConfigMap, boards, alerts."""
