"""The book of 挂牌督办: every listing that there has been, with its document, its deadline and what became of it (SY29).

Listing and lifting are moves of the hazard, and `hazards` refuses to close what is listed; this slice hears of them by
reactions, keeps one row for each listing and shows them. It never decides that a deadline has passed.
"""
