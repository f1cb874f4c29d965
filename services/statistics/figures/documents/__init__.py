"""What HTTP says of figures: the shapes of the answers, Chinese names, and how figures are filled in."""
