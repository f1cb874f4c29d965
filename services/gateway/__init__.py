"""The gateway: the edge of the platform. It takes county events in and gives a receipt for each."""
