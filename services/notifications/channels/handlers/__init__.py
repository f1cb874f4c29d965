"""What channels are opened and built with."""
