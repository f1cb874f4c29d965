"""The life of a delivery, when it is tried again, and how often a channel may be used. Pure."""
