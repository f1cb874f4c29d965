"""What a letter is: its cause, its number, its state; and what a kind of letter declares. Pure."""
