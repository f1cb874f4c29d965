"""What a tip is (`tip`), and what a city decided about tips (`policy`)."""
