"""One hazard, however many reported it: sources are merged and taken out again by people, and likely doubles are shown.

Carries SY26. What merging does to a hazard is a move of `hazards`; here stand the two hands that it takes, what its
sources are told, and the search for reports that look alike. Nothing is merged by itself.
"""
