"""What HTTP says of a hazard's named mechanisms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from services.chassis.web.documents import Document
from services.ledger.mechanisms.model import Mechanism, StepDone


class StepDocument(Document, frozen=True, kw_only=True):
    """A step of a mechanism, and when the hazard did it (UTC); null while it hasn't."""

    code: str
    name: str
    done: bool
    at: datetime | None


class MechanismDocument(Document, frozen=True, kw_only=True):
    """A mechanism that the city has switched on, with its steps in the city's order, and how many are done."""

    code: str
    name: str
    done: int
    steps: list[StepDocument]

    @classmethod
    def of(cls, mechanism: Mechanism, steps: Sequence[StepDone]) -> Self:
        """Return the document of a mechanism as a hazard has done it."""
        shown = [
            StepDocument(code=each.step.code, name=each.step.name, done=each.at is not None, at=each.at)
            for each in steps
        ]
        return cls(code=mechanism.code, name=mechanism.name, done=sum(each.done for each in shown), steps=shown)


class MechanismsDocument(Document, frozen=True, kw_only=True):
    """The mechanisms that the city has switched on, as one hazard has done them."""

    items: list[MechanismDocument]
