"""The ledger's own metrics, each declared once."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

CLAIMS: Final = Counter(
    "duban_ledger_claims_total",
    "Claims answered, by what became of them: registered, duplicate, corrected, applied, waiting, rejected. "
    "Counted once they are committed; the books are the tables.",
    ["county", "outcome"],
)
WAITING_CLAIMS: Final = Gauge(
    "duban_ledger_waiting_claims",
    "Claims that came before what they need (report or confirmation) and are kept until then.",
    ["county"],
)
VAULT_LOOKUPS: Final = Counter(
    "duban_ledger_vault_lookups_total",
    "Steps of look-ups of a reporter's identity: asked, released, read. Each is recorded in the vault; more than the tip "
    "office can explain is a reason to read that record (GET /v1/lookups).",
    ["step"],
)
CHECKPOINT: Final = Gauge(
    "duban_ledger_checkpoint_timestamp_seconds",
    "When the whole history was last found to stand under a signed checkpoint (wall time); in a process that has not "
    "looked yet, when the newest one was signed. When it stays behind, outsiders can't hold the newest records against anything: see "
    "DubanCheckpointLate.",
)
COUNTY_INFO: Final = Gauge("duban_county_info", "The counties of the city by name; always 1.", ["county", "name"])
COUNTY_LAST_CLAIM: Final = Gauge(
    "duban_county_last_claim_timestamp_seconds",
    "When the broker took the last claim of the county (wall time); none before its first one.",
    ["county"],
)
COUNTY_USUAL_GAP: Final = Gauge(
    "duban_county_usual_gap_seconds",
    "The silence that the county does not exceed on 95 of 100 days on which one ended, of the last 90 days; at least a day, "
    "and a week while fewer than five such days are known.",
    ["county"],
)
