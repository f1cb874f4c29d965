"""The draw: it follows from what was announced and the secrets, and from nothing else (docs/draws.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from duban_contracts.refusals import Refusal, violation
from services.scheduler.draws.model.announcement import (
    Announcement,
    CountyRule,
    Inspector,
    Target,
    canonical,
    digest_of,
)


class ExclusionReason(StrEnum):
    """Why somebody is left out: of the draw (on leave, suspended), or of one target (the others)."""

    ON_LEAVE = "on_leave"
    SUSPENDED = "suspended"
    EMPLOYED = "employed"
    RELATED = "related"
    COUNTY = "county"


REASONS_ZH: Final = {
    ExclusionReason.ON_LEAVE: "检查期间请假",
    ExclusionReason.SUSPENDED: "停产停业",
    ExclusionReason.EMPLOYED: "来自被检查企业，回避",
    ExclusionReason.RELATED: "与被检查企业有利害关系，回避",
    ExclusionReason.COUNTY: "不符合县域要求",
}


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """Who was left out and why: an inspector (of one target, or of all), or a target."""

    inspector: str | None
    target: str | None
    reason: ExclusionReason


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A target that was drawn, and the inspectors drawn for it, each in the order of the draw."""

    target: str
    inspectors: tuple[str, ...]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """The result: the seed it follows from, the teams, and who was left out of them."""

    seed: str
    teams: tuple[Team, ...]
    excluded: tuple[Excluded, ...]


def check(said: Announcement) -> Iterator[Refusal]:
    """Yield what keeps an announcement from being drawn, whatever the seed: no draw fails half-way."""
    for field, first, last in _spans(said):
        if last < first:
            yield violation("duty-ends-before-it-begins", field, first=first)
    lists = {
        "targets": [each.uscc for each in said.targets],
        "inspectors": [each.code for each in said.inspectors],
        "commitments": said.commitments,
    }
    for name, codes in lists.items():
        seen: set[str] = set()
        for at, code in enumerate(codes):
            if code in seen:
                yield violation("draw-listed-twice", f"$.{name}[{at}]", listed=code)
            seen.add(code)
    possible = [each for each in said.targets if not each.suspended]
    if len(possible) < said.targets_drawn:
        yield violation("draw-too-few-targets", "$.targets_drawn", count=len(possible))
    for at, target in enumerate(said.targets):
        able = sum(1 for each in said.inspectors if why_not(each, target, said) is None)
        if not target.suspended and able < said.inspectors_each:
            yield violation("draw-too-few-inspectors", f"$.targets[{at}]", count=able, needed=said.inspectors_each)


def why_not(inspector: Inspector, target: Target, said: Announcement) -> ExclusionReason | None:
    """Return why an inspector can't be drawn for a target, or None."""
    if is_on_leave(inspector, said):
        return ExclusionReason.ON_LEAVE
    if target.uscc == inspector.employer:
        return ExclusionReason.EMPLOYED
    if target.uscc in inspector.related:
        return ExclusionReason.RELATED
    at_home = inspector.county == target.county
    allowed = said.counties is CountyRule.ANY or at_home == (said.counties is CountyRule.SAME)
    return None if allowed else ExclusionReason.COUNTY


def is_on_leave(inspector: Inspector, said: Announcement) -> bool:
    """Return whether an inspector is away on any day of the inspection."""
    leave = inspector.leave
    return leave is not None and leave.since <= said.inspect_until and said.inspect_from <= leave.until


def draw(said: Announcement, secrets: Sequence[str]) -> Drawn:
    """Draw targets and their inspectors. Whoever was drawn least so far goes first; among equals the digest decides."""
    seed = digest_of(said.document_number, digest_of(canonical(said)), *sorted(secrets, key=digest_of))
    possible = [each for each in said.targets if not each.suspended]
    drawn = sorted(possible, key=lambda each: digest_of(seed, "target", each.uscc))[: said.targets_drawn]
    times = dict.fromkeys((each.code for each in said.inspectors), 0)
    teams: list[Team] = []
    excluded = list(left_out(said))
    for target in drawn:
        able: list[tuple[int, str, str]] = []
        for each in sorted(said.inspectors, key=lambda each: each.code):
            reason = why_not(each, target, said)
            if reason is None:
                able.append((times[each.code], digest_of(seed, "inspector", target.uscc, each.code), each.code))
            elif reason is not ExclusionReason.ON_LEAVE:
                excluded.append(Excluded(inspector=each.code, target=target.uscc, reason=reason))
        chosen = tuple(code for _, _, code in sorted(able)[: said.inspectors_each])
        times.update({code: times[code] + 1 for code in chosen})
        teams.append(Team(target=target.uscc, inspectors=chosen))
    return Drawn(seed=seed, teams=tuple(teams), excluded=tuple(excluded))


def left_out(said: Announcement) -> Iterator[Excluded]:
    """Yield who is left out of the whole draw; it is known when the draw is announced."""
    for target in sorted(said.targets, key=lambda each: each.uscc):
        if target.suspended:
            yield Excluded(inspector=None, target=target.uscc, reason=ExclusionReason.SUSPENDED)
    for each in sorted(said.inspectors, key=lambda each: each.code):
        if is_on_leave(each, said):
            yield Excluded(inspector=each.code, target=None, reason=ExclusionReason.ON_LEAVE)


def _spans(said: Announcement) -> Iterator[tuple[str, date, date]]:
    yield "$.inspect_until", said.inspect_from, said.inspect_until
    for at, each in enumerate(said.inspectors):
        if each.leave is not None:
            yield f"$.inspectors[{at}].leave.until", each.leave.since, each.leave.until
