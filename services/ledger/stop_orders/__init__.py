"""Stop orders (责令停产停业、停止使用, SY42): the book of what was ordered and lifted, and the list of a month.

Ordering and lifting are moves of the hazard, which can't be closed meanwhile; this slice keeps the book.
"""
