"""The gateway's own metrics."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

EVENTS: Final = Counter(
    "duban_gateway_events_total",
    "Events that counties sent over HTTP. A county whose rejected share rises has a fault in its system.",
    ["county", "outcome"],
)
MISNAMED_ANSWERS: Final = Counter(
    "duban_gateway_misnamed_answers_total",
    "Answers on the feedback topics whose receipt id is none. They are kept by the claim's place; whoever wrote them is wrong.",
)
