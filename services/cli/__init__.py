"""The `duban` command, for those who keep the platform healthy."""
