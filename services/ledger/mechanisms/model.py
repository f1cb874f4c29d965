"""A mechanism as a city writes it down, and how far a hazard has come in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.codec import event_types
from duban_contracts.topics import TopicFamily

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$(?!\n)")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
_READ: Final = frozenset({TopicFamily.HAZARD, TopicFamily.NOTICE})


class MechanismStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: done by any of the events `done_by` (`hazard.closed`, `notice.issued`), undone by those of `undone_by`."""

    code: Code
    name: Name
    done_by: Annotated[tuple[str, ...], Meta(min_length=1)]
    undone_by: tuple[str, ...] = ()


class Mechanism(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tag set with its steps, in the city's own order; one that is not `on` is shown nowhere."""

    code: Code
    name: Name
    on: bool
    steps: Annotated[tuple[MechanismStep, ...], Meta(min_length=1)]


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a hazard: when it was done (UTC), None while it isn't."""

    step: MechanismStep
    at: datetime | None


Happened = tuple[str, datetime]
"""A bare event name (`hazard.closed`) and when it happened."""


def steps_of(mechanism: Mechanism, happened: Iterable[Happened]) -> list[StepDone]:
    """Return how far a hazard has come to which these events `happened`, in their order.

    A step that is done again keeps the instant at which it was done first.
    """
    at: dict[str, datetime | None] = {}
    for name, instant in happened:
        for step in mechanism.steps:
            if name in step.undone_by:
                at[step.code] = None
            elif name in step.done_by:
                at[step.code] = at.get(step.code) or instant
    return [StepDone(step=step, at=at.get(step.code)) for step in mechanism.steps]


def bare(event_type: str) -> str:
    """Return an event type without publisher and version: `duban.hazard.closed.v1` is `hazard.closed`."""
    return event_type.removeprefix("duban.").rpartition(".")[0]


def fault_of(mechanisms: Sequence[Mechanism]) -> tuple[str, str] | None:
    """Return what is wrong with a city's mechanisms, as (JSON path, rule), or None."""
    known = {bare(entry.name) for entry in event_types() if entry.family in _READ}
    codes: set[str] = set()
    for place, mechanism in enumerate(mechanisms):
        if mechanism.code in codes:
            return f"$[{place}].code", f"{mechanism.code} appears twice"
        codes.add(mechanism.code)
        if len({step.code for step in mechanism.steps}) < len(mechanism.steps):
            return f"$[{place}].steps", "a step appears twice"
        for number, step in enumerate(mechanism.steps):
            if unknown := [name for name in (*step.done_by, *step.undone_by) if name not in known]:
                return f"$[{place}].steps[{number}]", f"{unknown[0]} is no event of a hazard or of a letter"
    return None
