"""Referrals (移交, 行刑衔接, SY42): what was handed to the police, the procuratorate, discipline inspection or another body.

Each records the body, the day, the document and what the body replied; the monthly list shows what was open. Stop orders
(责令停产停业), which SY42 names too, are moves of a hazard and stand in `stop_orders`.
"""
