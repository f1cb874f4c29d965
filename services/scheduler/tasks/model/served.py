"""Who of a roster was served in a year, by what accepted forms say: principals trained (SY11), areas drilled (SY13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.scheduler.rosters.model import RosterMember

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trained:
    """Enterprises of the target group whose principal was trained, and those whose principal is still missing.

    Principals are known by their enterprise; nobody's name is in a form.
    """

    trained: tuple[RosterMember, ...]
    missing: tuple[RosterMember, ...]


@dataclass(frozen=True, slots=True)
class Drilled:
    """A site, its areas that had a drill, and those that had none. A site without known areas is one area."""

    site: RosterMember
    drills: int
    drilled: tuple[str, ...]
    missing: tuple[str, ...]


def trained(roster: Sequence[RosterMember], forms: Iterable[Form]) -> Trained:
    """Return whose principals took part in the trainings of `forms`."""
    reached = {code for form in forms for code in form.get("enterprises", ())}
    return Trained(
        tuple(member for member in roster if member.code in reached),
        tuple(member for member in roster if member.code not in reached),
    )


def drilled(roster: Sequence[RosterMember], forms: Iterable[Form]) -> list[Drilled]:
    """Return what was drilled at each site, which a form names by its code or its name."""
    by_site: dict[str, list[Form]] = {}
    for form in forms:
        by_site.setdefault(form.get("site", ""), []).append(form)
    return [_site(member, [*by_site.get(member.code, ()), *by_site.get(member.name, ())]) for member in roster]


def _site(member: RosterMember, forms: Sequence[Form]) -> Drilled:
    areas = member.areas or (member.name,)
    named = {area for form in forms for area in form.get("areas", ())}
    done = tuple(area for area in areas if area in named or (forms and not member.areas))
    return Drilled(member, len(forms), done, tuple(area for area in areas if area not in done))
