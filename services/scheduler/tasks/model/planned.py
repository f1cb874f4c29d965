"""A task as a duty plans it: for whom, what, in which period, until when, with which proofs."""

from __future__ import annotations

from datetime import date
from hashlib import blake2b, sha1
from typing import Final
from uuid import UUID

import msgspec

from duban_contracts.events.tasks import Member, Source

# Constant for life: ids of tasks follow from the cause, so that planning again finds them.
_NAMESPACE: Final = UUID("7a1c7f0e-52d4-5b0b-8f3e-64756261e002").bytes
# The digit of a UUID that holds its variant, for each digit of the digest.
_VARIANT: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


class PlannedTask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One task of a duty: one for each period and roster member (and `ordinal`, where a period asks for several).

    `period` names the calendar period or the occasion in words of the duty's own that never change (`2024-06`,
    `2024-Q2`, `2024-10-01/国庆节`); `period_start` and `period_end` are its days. The task is to be done from
    `window_start` to `due_on`, both inclusive. `county` is the division whose people do it, the city's own code for a
    unit of the city; `lead_unit` owns it, `helper_units` assist. `member` is the roster member (a county, a unit, an
    enterprise) that it is about, where the duty is for every one of `roster`. `evidence` names the proofs that are
    demanded, `figures` the figures, `approvals` the approvals without which it can't be done, and `awaits` the duties
    whose tasks of the same period must all be filed before (the year-end meeting awaits every report). `assumed` holds
    printed words such as 定期 that were given a meaning by assumption, `printed` the sentence as it stands in `source`.
    """

    duty_id: str
    duty_version: int
    period: str
    period_start: date
    period_end: date
    kind: str
    title: str
    window_start: date
    due_on: date
    county: str
    lead_unit: str
    helper_units: tuple[str, ...] = ()
    member: Member | None = None
    roster: str | None = None
    ordinal: int = 1
    sectors: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    plan: str | None = None
    campaign: str | None = None
    phase: str | None = None
    source: Source | None = None
    printed: str | None = None
    assumed: tuple[str, ...] = ()

    @property
    def task_id(self) -> str:
        """The id, from duty, period, member and ordinal: the same however often, when and by whom it is planned.

        Who leads is no part of it: a duty that is given to another unit asks for the same task.
        """
        about = f"{self.member.kind}:{self.member.code}" if self.member else "-"
        return _uuid5(f"{self.duty_id}\n{self.period}\n{about}\n{self.ordinal}")

    @property
    def sector(self) -> str | None:
        """The one sector that it is of; None where it is of several or of none, and only the area bounds who sees it."""
        return self.sectors[0] if len(self.sectors) == 1 else None

    @property
    def digest(self) -> bytes:
        """By what two plans of a task are recognised as the same."""
        return blake2b(msgspec.json.encode(self), digest_size=16).digest()


def _uuid5(name: str) -> str:
    """Return the text of the UUIDv5 of `name`, at a third of what the library takes: a year has hundreds of thousands."""
    digits = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANT[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
