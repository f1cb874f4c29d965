"""What looks alike (`look_alikes`), and what has yet to be compared (`uncompared`)."""
