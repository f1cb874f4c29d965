"""The pool of experts (专家库), and which of them go along on which inspection.

Names are personal data: they stand in this slice's table, are shown by right, and enter no event, log or metric.
Feature rows: SY22.
"""
