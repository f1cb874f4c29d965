"""What a channel is, what an answer means, where HTTP may lead, how foreign text is printed. Pure."""
