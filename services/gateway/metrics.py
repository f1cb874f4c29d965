"""The gateway's own metrics."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

EVENTS: Final = Counter(
    "duban_gateway_events_total",
    "Events that counties sent over HTTP. A county whose rejected share rises has a fault in its system.",
    ["county", "outcome"],
)
