"""The published figures (SY52 to SY54): flows, stock, rates, clearance times and their balance, from `books`.

Owns no table; its queries read those of `books`, the one slice it knows. Every figure carries scope, period, cut-off
and basis (DOMAIN §9). Prometheus is never the source of one.
"""
