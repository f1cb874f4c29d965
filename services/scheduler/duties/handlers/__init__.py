"""What is done with duties: keeping, changing, cancelling, and planning tasks from them."""
