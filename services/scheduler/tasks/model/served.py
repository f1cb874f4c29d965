"""Who of a roster was served in a year, by what accepted forms say: principals trained (SY11), areas drilled (SY13)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.scheduler.rosters.model import RosterMember

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FiledForm:
    """A form with the county of its task, which is the city's own code for a task of the city."""

    county: str
    form: Form


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


def trained(roster: Sequence[RosterMember], forms: Iterable[FiledForm]) -> Trained:
    """Return whose principals took part in the trainings of `forms`."""
    reached = {code for filed in forms for code in filed.form.get("enterprises", ())}
    return Trained(
        tuple(member for member in roster if member.code in reached),
        tuple(member for member in roster if member.code not in reached),
    )


def drilled(roster: Sequence[RosterMember], forms: Iterable[FiledForm], *, city: str) -> list[Drilled]:
    """Return what was drilled at each site of the whole roster, which a form names by its code or its name.

    A name means the site of the task's own county: others may have one of the same name. To a task of the `city` a name is
    that of the only site which bears it.
    """
    codes, names = {member.code for member in roster}, Counter(member.name for member in roster)
    by_code: dict[str, list[Form]] = defaultdict(list)
    by_name: dict[tuple[str, str], list[Form]] = defaultdict(list)
    for filed in forms:
        site = filed.form.get("site", "")
        if site in codes:
            by_code[site].append(filed.form)
        elif filed.county != city or names[site] == 1:
            by_name[filed.county, site].append(filed.form)
    return [
        _site(
            member,
            [
                *by_code[member.code],
                *(form for place in sorted({member.county, city}) for form in by_name[place, member.name]),
            ],
        )
        for member in roster
    ]


def _site(member: RosterMember, forms: Sequence[Form]) -> Drilled:
    areas = member.areas or (member.name,)
    named = {area for form in forms for area in form.get("areas", ())}
    done = tuple(area for area in areas if area in named or (forms and not member.areas))
    return Drilled(member, len(forms), done, tuple(area for area in areas if area not in done))
