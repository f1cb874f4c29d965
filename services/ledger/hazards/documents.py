"""What HTTP says of hazards. What it takes are the moves' own commands."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import Path

from services.chassis.web.documents import Document
from services.chassis.web.problems import Problem
from services.ledger.hazards.handlers.commands import Refused
from services.ledger.hazards.model import Hazard, ShownHazard
from services.ledger.history.documents import HistoryItem

HazardName = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="隐患标识或编号")]
"""A hazard's id or number, as a path names it; `HazardKey.parse` reads it."""


class HazardDocument(ShownHazard, Document, frozen=True, kw_only=True):
    """One entry of the 隐患台账; instants are UTC, `deadline_on` is inclusive, in the city's time zone."""

    @classmethod
    def of(cls, hazard: Hazard) -> Self:
        """Return the document of a hazard."""
        return cls(**{name: getattr(hazard, name) for name in cls.__struct_fields__})


class HazardHistory(Document, frozen=True, kw_only=True):
    """A hazard's whole history, oldest first."""

    items: list[HistoryItem]


class CountGroup(Document, frozen=True, kw_only=True):
    """How many hazards have this value; null stands for not yet set."""

    value: str | None
    count: int


class HazardCount(Document, frozen=True, kw_only=True):
    """How many hazards there are, and how many of each value.

    `complete` is false where a text is searched for that very many hazards could hold: the newest of them are counted, and
    there may be more.
    """

    total: int
    groups: list[CountGroup]
    complete: bool = True


def problem_of(refused: Refused) -> Problem:
    """Return the problem of a refusal; with the state and version that the hazard has, where the caller may know."""
    hazard = refused.hazard
    if hazard is None:
        return Problem.of(refused.refusal)
    return Problem.of(refused.refusal, state=hazard.state, version=hazard.version)
