"""What a claim comes to (`decisions`), and which township a county means by what it writes (`townships`)."""
