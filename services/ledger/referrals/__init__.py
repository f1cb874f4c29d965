"""Referrals (移交, 行刑衔接, SY42): what was handed to the police, the procuratorate, discipline inspection or another body.

Each records the body, the day, the document and what the body replied; the monthly list shows what was open. What
SY42 also names is missing: a stop order (责令停产停业) can't be recorded, neither what was ordered nor when it was lifted.
"""
