"""What the documents say about each topic family: purpose, record key, who writes and who reads.

The services that read are not said here: they are the consumers declared in :mod:`duban_contracts.topics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from duban_contracts.topics import TopicFamily, readers


@dataclass(frozen=True, slots=True)
class FamilyDescription:
    """One topic family in words. `action` is AsyncAPI's, seen from the platform: it receives claims, sends the rest."""

    channel: str
    title: str
    key: str
    written_by: str
    outside_readers: tuple[str, ...] = ()
    action: str = "send"


FAMILIES: Final = {
    TopicFamily.CLAIMS: FamilyDescription(
        "claims",
        "What a county says (上报): one topic of its own for each county",
        "`reference`, the county's own number of the hazard, or the task's number",
        "county systems, gateway",
        action="receive",
    ),
    TopicFamily.FEEDBACK: FamilyDescription(
        "feedback",
        "What became of a county's claims (回执), and a copy of the history of its hazards and tasks",
        "`reference`, of a task its number; where a claim had none that could be read, its origin (topic/partition/offset)",
        "ledger, scheduler",
        outside_readers=("county systems",),
    ),
    TopicFamily.HAZARD: FamilyDescription(
        "hazards",
        "The history of every hazard (隐患台账), in one order per hazard",
        "hazard id",
        "ledger",
    ),
    TopicFamily.SUPERVISION: FamilyDescription(
        "supervision",
        "What time says about hazards and other subjects (督办): deadlines that come near or pass",
        "the id of what it is about (a hazard's id)",
        "scheduler",
    ),
    TopicFamily.TASK: FamilyDescription(
        "tasks",
        "Recurring duties and tasks (任务)",
        "task id",
        "scheduler",
    ),
    TopicFamily.NOTICE: FamilyDescription(
        "notices",
        "What became of letters (函件)",
        "letter id",
        "notifications",
    ),
    TopicFamily.CHECKPOINT: FamilyDescription(
        "checkpoints",
        "Signed checkpoints (历史检查点) over the whole history of the ledger; each county's feedback topic has a copy",
        "the checkpoint's origin",
        "ledger",
        outside_readers=("county systems",),
    ),
}


def read_by(family: TopicFamily) -> str:
    """Return who reads `family`, in words."""
    return ", ".join((*FAMILIES[family].outside_readers, *readers(family))) or "nobody yet"
