"""The ledger's own metrics, each declared once."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

CLAIMS: Final = Counter(
    "duban_ledger_claims_total",
    "Claims answered, by what became of them: registered, duplicate, corrected, applied, waiting, rejected. "
    "A batch that is tried again counts again; the books are the tables.",
    ["county", "outcome"],
)
WAITING_CLAIMS: Final = Gauge(
    "duban_ledger_waiting_claims",
    "Claims that came before what they need (report or confirmation) and are kept until then.",
    ["county"],
)
