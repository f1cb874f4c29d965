"""For tests of one's own: hazards whose history is told in a line (:mod:`stories`), a county's claims (:mod:`claims`).

Nothing here reads a clock or draws a random number: the same words tell the same events.
"""
