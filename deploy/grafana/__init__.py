"""Grafana dashboards as code: `definitions/` builds them, `generate` writes `dashboards/*.json`."""
