"""What is done here: two hazards become one or two again (`merge`), sources are answered, doubles are looked for."""
