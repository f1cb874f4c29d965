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
# Domain time, which is not Prometheus' in a demonstration: these are ages and durations, and no timestamps.
WAIT: Final = Gauge(
    "duban_hazard_wait_seconds",
    "Domain time by which a share (0.5, 0.9) of the waits that began in the last 30 days had ended, those that last counted "
    "while they do (Kaplan-Meier): response (上报 to the first answer), rectification (确认 or 退回 to 提交), review (提交 to "
    "销号 or 退回). No series where too many still last. Grade or sector `all` is over all of them.",
    ["wait", "grade", "sector", "share"],
)
AGEING: Final = Gauge(
    "duban_hazards_ageing",
    "Open hazards by how many days (domain time) they have been open since confirmation. They are not done: it will be longer.",
    ["county", "grade", "age"],
)
OLDEST_OVERDUE: Final = Gauge(
    "duban_hazards_oldest_overdue_seconds",
    "Domain time since the end of the day of the deadline that passed first, of open overdue hazards; 0 when none is.",
    ["county"],
)
DUE: Final = Gauge(
    "duban_hazards_due",
    "Hazards whose deadline fell in the 30 days before today: closed in_time, as 按期整改率 counts, in_review (submitted in time and not "
    "closed yet), or late (a deadline passed).",
    ["county", "grade", "outcome"],
)
