"""What a tip is: `tip`."""
