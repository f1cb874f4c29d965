"""What is planned (`planned`), a task as the fold of its events (`task`), its policy, coverage, and what is shown."""
