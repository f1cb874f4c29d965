"""Prometheus and Alertmanager for Duban: configuration, the one rules file, and where their binaries come from."""
