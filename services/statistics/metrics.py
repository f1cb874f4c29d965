"""The service's own metrics, declared once. Trends only: published figures come from PostgreSQL."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge, Histogram

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR

# The bounds are usual deadlines, so "within the deadline" can be read exactly.
CLEARANCE_BUCKETS: Final = (
    _HOUR,
    4 * _HOUR,
    12 * _HOUR,
    *(days * _DAY for days in (1, 2, 3, 5, 7, 10, 15, 30, 60, 90)),
)

CLEARANCE_DURATION: Final = Histogram(
    "duban_hazard_clearance_duration_seconds",
    "清零时长: domain time from confirmation to closing, seen once at each closing, never on replay.",
    ["county", "grade"],
    buckets=CLEARANCE_BUCKETS,
)
HAZARDS_OPEN: Final = Gauge("duban_hazards_open", "存量: hazards confirmed and not closed.", ["county", "grade"])
HAZARDS_OVERDUE: Final = Gauge(
    "duban_hazards_overdue", "Open hazards whose deadline passed without 整改完成.", ["county", "grade"]
)
