"""What notifications tells Prometheus, beside the chassis' own."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

NOTICE_DELIVERIES: Final = Counter(
    "duban_notice_deliveries_total",
    "Attempts to deliver a letter, by what became of them.",
    ["channel", "outcome"],
)
NOTICE_REPORTS: Final = Counter(
    "duban_notice_reports_total",
    "Reports of mail servers about letters that they took before, by what became of the report.",
    ["outcome"],
)
NOTICE_PENDING: Final = Gauge(
    "duban_notice_pending_deliveries", "Deliveries that are still to be made, or being made.", ["channel"]
)
NOTICE_UNRESOLVED: Final = Gauge(
    "duban_notice_unresolved_deliveries",
    "Deliveries that failed or whose outcome nobody knows: each wants an operator's decision.",
    ["channel", "state"],
)
NOTICE_OLDEST_PENDING: Final = Gauge(
    "duban_notice_oldest_pending_timestamp_seconds",
    "Since when the oldest pending delivery of the channel waits (wall time); stands at now when there is none.",
    ["channel"],
)
