"""What is done with tips: `receive` takes one in, `decide` verifies and answers, `keeping` lets identities go."""
