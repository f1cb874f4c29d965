"""What is done to hazards: `journal` is the one door to their history, `commands` carries out what people ask."""
