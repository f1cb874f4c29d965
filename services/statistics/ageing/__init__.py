"""How long things take and how old they are (SY53), as gauges for the boards of those who run the work.

From `books`, and from `figures` what is published (按期整改率), so that a board and a figure can't differ. Owns no table.
Trends only: what is published is asked of `figures`.
"""
