"""HTTP and the feedback topics."""
