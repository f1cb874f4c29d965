"""What an audit looks at: the platform, what the players noted for themselves, and what the ledger recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.api import Json, Platform
from deploy.demo.life import Story
from deploy.demo.senders import Sender
from deploy.demo.tips import TipBook
from services.chassis.process.kafka import Broker

AUDITOR = "city-office-1"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit: what was checked, whether it holds, and the figures behind it."""

    title: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """An event that was refused: whose, which, where, and the reason its county can read."""

    county: str
    reference: str
    where: str
    code: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What the ledger itself recorded, read once after everything settled: all of it, and what of it is of hazards."""

    recorded: Sequence[Json]
    hazards: Mapping[str, Json]

    @property
    def history(self) -> Sequence[Json]:
        """The records of hazards; those of accidents stand beside them."""
        return [record for record in self.recorded if not record["type"].startswith("duban.accident.")]

    def of_type(self, name: str) -> list[Json]:
        """Return the history records of one event, such as `overdue`."""
        return [record for record in self.history if record["type"] == f"duban.hazard.{name}.v1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the platform writes, but for the vault: each service's database by its DSN, topics, files of logs."""

    databases: Mapping[str, str]
    topic_prefix: str
    logs: Path


@dataclass
class Case:
    """Everything a check may look at; `refusals` is filled by the check of refusals, for the board.

    `profile` is the city's, whose calendar deadlines go by; `tips` is what the tip office noted. Of the hazards `unasked`
    the second level confirmed without the letter that asks for it: it had waited long enough.
    """

    platform: Platform
    bootstrap: Broker | str
    stories: Mapping[str, Story]
    senders: Mapping[str, Sender]
    received: str
    profile: Path
    tips: TipBook
    places: Places
    unasked: Collection[str] = frozenset()
    refusals: list[RefusedClaim] = field(default_factory=list)

    async def evidence(self) -> Evidence:
        """Read the ledger's whole history and its hazards."""
        history = [r async for r in self.platform.pages("ledger", "/v1/history", AUDITOR, limit=5000)]
        # What is merged into another hazard is in no list but that of its state.
        hazards = {
            hazard["hazard_id"]: hazard
            for asked in ({}, {"state": "duplicate"})
            async for hazard in self.platform.pages("ledger", "/v1/hazards", AUDITOR, limit=1000, **asked)
        }
        return Evidence(history, hazards)


def tally(counts: Mapping[str, int]) -> str:
    """Return counts as a person reads them, in order of name."""
    return "，".join(f"{name} {number}" for name, number in sorted(counts.items()))


def some(wrong: Sequence[str]) -> str:
    """Return the first of what is wrong, with how much there is; nothing when nothing is."""
    return f"；有误 {len(wrong)}：{'；'.join(wrong[:3])}" if wrong else ""
