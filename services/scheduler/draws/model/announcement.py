"""What is announced before a draw, and its canonical text (docs/draws.md)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.tasks import DivisionCode
from duban_contracts.events.types import ShortText, Unit, Uscc

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64, description="SHA-256, in hex")]
Secret = Annotated[
    str,
    Meta(pattern=r"^[0-9A-Za-z_-]{32,128}$", min_length=32, max_length=128, description="what a commitment stands for"),
]
Secrets = Annotated[tuple[Secret, ...], Meta(min_length=1, max_length=5)]
InspectorCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$",
        min_length=1,
        max_length=64,
        description="opaque code of an inspector; never a person's name or number",
    ),
]
_VERSION: Final = "1"
_NONE: Final = "-"


class CountyRule(StrEnum):
    """Who may inspect in which county: anybody, its own inspectors only, or those of other counties only (异地交叉)."""

    ANY = "any"
    SAME = "same"
    OTHER = "other"


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Days on which an inspector is away, both inclusive."""

    since: date
    until: date


class Inspector(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be drawn. `employer` and `related` are enterprises that he comes from or has ties to."""

    code: InspectorCode
    unit: Unit
    county: DivisionCode
    leave: Leave | None = None
    employer: Uscc | None = None
    related: Annotated[tuple[Uscc, ...], Meta(max_length=50)] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An enterprise that can be drawn; one that is `suspended` (停产停业) is listed and left out."""

    uscc: Uscc
    name: ShortText
    county: DivisionCode
    suspended: bool = False


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """What is published before a draw: both lists, how many are drawn, when, and what the seed will come from.

    `document_number` (文号) is that of the document that announces it: one document of an office, one draw. `commitments` are the
    SHA-256 of secrets that are revealed at the draw, on the day `draws_on` or later.
    """

    document_number: ShortText
    title: ShortText
    draws_on: date
    inspect_from: date
    inspect_until: date
    targets_drawn: Annotated[int, Meta(ge=1, le=100)]
    inspectors_each: Annotated[int, Meta(ge=1, le=20)]
    counties: CountyRule = CountyRule.ANY
    commitments: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=5)]
    targets: Annotated[tuple[Target, ...], Meta(min_length=1, max_length=500)]
    inspectors: Annotated[tuple[Inspector, ...], Meta(min_length=1, max_length=200)]


def county_of(said: Announcement) -> str | None:
    """Return the one county that all targets and inspectors of a draw belong to; None where it reaches over several."""
    counties = {each.county for each in said.targets} | {each.county for each in said.inspectors}
    return counties.pop() if len(counties) == 1 else None


def digest_of(*parts: str) -> str:
    """Return the SHA-256 of these texts, joined by line feeds, UTF-8, in hex."""
    return sha256("\n".join(parts).encode()).hexdigest()


def draw_id_of(area: str, document_number: str) -> str:
    """Return the id of the draw that a document of this area's office announces: another area's number is its own affair."""
    return digest_of(area, document_number)[:16]


def first_id_of(document_number: str) -> str:
    """Return the id that the draw of a document had in the first releases, where a number was taken for all areas."""
    return digest_of(document_number)[:16]


def canonical(said: Announcement) -> str:
    """Return the input as the text that is published and digested; the order of the lists doesn't count."""
    head = (
        "draw",
        _VERSION,
        said.document_number,
        str(said.targets_drawn),
        str(said.inspectors_each),
        said.counties.value,
    )
    rows: list[tuple[str, ...]] = [
        (*head, *(day.isoformat() for day in (said.inspect_from, said.inspect_until, said.draws_on)), said.title),
        *(("commitment", each) for each in sorted(said.commitments)),
        *(_target(each) for each in sorted(said.targets, key=lambda each: each.uscc)),
        *(_inspector(each) for each in sorted(said.inspectors, key=lambda each: each.code)),
    ]
    return "\n".join("\t".join(row) for row in rows)


def _target(target: Target) -> tuple[str, ...]:
    return ("target", target.uscc, target.county, "suspended" if target.suspended else _NONE, target.name)


def _inspector(each: Inspector) -> tuple[str, ...]:
    away = (each.leave.since.isoformat(), each.leave.until.isoformat()) if each.leave else (_NONE, _NONE)
    ties = (each.employer or _NONE, ",".join(sorted(set(each.related))) or _NONE)
    return ("inspector", each.code, each.county, *away, *ties, each.unit)
