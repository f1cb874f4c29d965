"""The same year twice: in calm, and while its schedulers are killed. What comes of it must be the same.

`python -m tests.chaos.year --seed N` plays both on servers of their own, one beside the other.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.demo.audit.case import Line
from deploy.demo.year.audit import audit
from deploy.demo.year.evidence import Evidence, gather
from deploy.demo.year.play import Script, play
from deploy.demo.year.reckoning import Due, asked_for
from deploy.demo.year.reminders import ReminderPolicy
from deploy.demo.year.stage import Place, opened
from deploy.local import ephemeral
from deploy.local.settings import load
from tests.chaos.year.blows import Kind, Storm, schedule

Say = Callable[[str], None]
_MOST_STEPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Lived:
    """A year that is over: its audit, what it left behind, and how often its schedulers were struck."""

    lines: list[Line]
    found: Evidence
    struck: Mapping[Kind, int]


def place_of(bootstrap: str, superuser_dsn: str, home: Path) -> Place:
    """Return a place for a year on servers that demand nothing: topics and a database that are called after `home`."""
    home.mkdir(parents=True, exist_ok=True)
    name = f"year_{secrets.token_hex(6)}"
    ephemeral.in_own_loop(_create(superuser_dsn, name))
    return Place(
        broker=bootstrap,
        reader=bootstrap,
        environment={"DUBAN_KAFKA_BOOTSTRAP": bootstrap},
        dsn=urlunsplit(urlsplit(superuser_dsn)._replace(path=f"/{name}")),
        prefix=f"{name}.",
        profile=load({}).profile,
        home=home,
    )


async def _create(superuser_dsn: str, name: str) -> None:
    connection = await asyncpg.connect(superuser_dsn)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


async def live(place: Place, script: Script, say: Say, *, stormy: bool = False) -> Lived:
    """Play a year at `place`; with `stormy` two schedulers are struck as the seed has it."""
    expected: dict[str, Due] = asked_for(place.profile)
    async with opened(replace(place, instances=2) if stormy else place) as stage:
        storm = Storm(stage, schedule(script.seed, _MOST_STEPS) if stormy else [], say)
        played = await play(stage, script, say, storm.strike)
        await storm.ends()
        found = await gather(stage, expected.values(), patience=script.patience)
    return Lived(audit(expected, ReminderPolicy.of(place.profile), played, found), found, storm.counted)


async def both(calm: Place, stormy: Place, script: Script, say: Say) -> list[Line]:
    """Play the year in calm and in storm, at the same time; return the audits, and whether both ended alike."""
    quiet, struck = await asyncio.gather(
        live(calm, script, lambda line: say(f"风平  {line}")),
        live(stormy, script, lambda line: say(f"风暴  {line}"), stormy=True),
    )
    return [*_titled("风平", quiet), *_titled("风暴", struck), alike(quiet.found, struck)]


def alike(calm: Evidence, struck: Lived) -> Line:
    """Return whether a year that was struck ended as the calm one: the same tasks, lateness, alarms, events and sums."""
    one, other = calm.outcome, struck.found.outcome
    kinds = "，".join(f"{kind} {number}" for kind, number in sorted(struck.struck.items()))
    differing = sorted(map(str, one ^ other))
    words = f"{len(one)} 条结果（{kinds}）"
    return Line(
        "被杀与未被杀，结果相同",
        bool(struck.struck) and not differing,
        words + "".join(f"；{each}" for each in differing[:3]),
    )


def _titled(words: str, lived: Lived) -> list[Line]:
    return [replace(line, title=f"{words}：{line.title}") for line in lived.lines]
