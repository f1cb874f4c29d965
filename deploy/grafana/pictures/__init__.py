"""Pictures of every board, drawn from its committed JSON with Grafana's own panels: `make pictures`."""
