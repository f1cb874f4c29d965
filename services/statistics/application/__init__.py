"""Taking events in, booking them, and answering with figures."""
