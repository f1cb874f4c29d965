"""Draws (双随机抽查): who inspects whom is drawn by lot, and anybody can draw it again.

The input and what the seed comes from are announced beforehand and frozen; docs/draws.md says how it is drawn. People
stand here by opaque codes. Feature rows: SY19.
"""
