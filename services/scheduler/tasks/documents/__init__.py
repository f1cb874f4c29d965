"""What HTTP says of tasks: one `task`, and `sums` over many."""
