"""What the documents say about each topic family: purpose, record key, who writes and who reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from duban_contracts.topics import TopicFamily


@dataclass(frozen=True, slots=True)
class FamilyDescription:
    """One topic family in words. `action` is AsyncAPI's, seen from the platform: it receives claims, sends the rest."""

    channel: str
    title: str
    key: str
    written_by: str
    read_by: str
    action: str = "send"


FAMILIES: Final = {
    TopicFamily.CLAIMS: FamilyDescription(
        "claims",
        "What a county says (上报): one topic of its own for each county",
        "`reference`, the county's own number of the hazard",
        "county systems, gateway",
        "ledger",
        "receive",
    ),
    TopicFamily.FEEDBACK: FamilyDescription(
        "feedback",
        "What became of a county's claims (回执), and a copy of the history of its hazards",
        "hazard id, or `reference` while there is none",
        "ledger",
        "county systems, gateway",
    ),
    TopicFamily.HAZARD: FamilyDescription(
        "hazards",
        "The history of every hazard (隐患台账), in one order per hazard",
        "hazard id",
        "ledger",
        "scheduler, notifications, statistics",
    ),
    TopicFamily.SUPERVISION: FamilyDescription(
        "supervision",
        "What time says about hazards (督办): deadlines that come near or pass",
        "hazard id",
        "scheduler",
        "ledger, notifications, statistics",
    ),
    TopicFamily.TASK: FamilyDescription(
        "tasks",
        "Recurring duties and tasks (任务)",
        "task id",
        "scheduler",
        "notifications, statistics",
    ),
    TopicFamily.NOTICE: FamilyDescription(
        "notices",
        "What became of letters (函件)",
        "letter id",
        "notifications",
        "ledger, statistics",
    ),
}
