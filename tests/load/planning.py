"""Planning a year of duties for many units: `python -m tests.load.planning [--units 300] [--duties 300]`.

The duties have the rhythm of the printed ones (of 137: 66 yearly, 29 quarterly, 21 half-yearly, 21 monthly); each unit
has each of them. Measured are the first planning, a second one that finds nothing new, and one that has lost its
memory and compares every task. Beside the wall's seconds stand the seconds of CPU that this process and PostgreSQL's
sessions used: what a busy machine does not change. It uses DUBAN_POSTGRES_DSN, or a PostgreSQL of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from deploy.local import ephemeral
from duban_contracts.events.tasks import MemberKind
from duban_contracts.profile import load_city
from services.chassis.assembly import Platform
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.testing.clock import ManualClock
from services.scheduler.alarms.tables import SESSION_SETTINGS
from services.scheduler.bootstrap import MIGRATIONS, NAME, SLICES
from services.scheduler.duties.handlers.plan import Planner, Planning, plan_all
from services.scheduler.duties.model.duty import Duty, DutyState, DutyVersion, Origin
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.rules import Quota
from services.scheduler.duties.tables import duties
from services.scheduler.rosters.model import Roster, RosterMember, Rosters
from services.scheduler.settings import Settings

_PROFILE: Final = Path(__file__).parents[2] / "deploy" / "profiles" / "jincheng"
_RHYTHM: Final = (
    *[Period.YEAR] * 66,
    *[Period.QUARTER] * 29,
    *[Period.HALF_YEAR] * 21,
    *[Period.MONTH] * 21,
)
_NEW_YEAR: Final = datetime(2026, 1, 1, 4, tzinfo=UTC)


def _duties(number: int) -> list[DutyVersion]:
    found = []
    for index in range(number):
        rule = Quota(period=_RHYTHM[index * len(_RHYTHM) // number])
        duty = Duty(
            duty_id=f"d-{index:04}",
            kind="general",
            title=f"第{index}项周期职责",
            rule=rule,
            valid_from=date(2026, 1, 1),
            per="units",
            evidence=("工作记录",),
            source=Origin(document="bench", item=str(index)),
        )
        found.append(
            DutyVersion(
                version=1,
                state=DutyState.IN_FORCE,
                duty=duty,
                effective_on=duty.valid_from,
                recorded_at=_NEW_YEAR,
                recorded_by="bench",
            )
        )
    return found


def _units(number: int) -> Rosters:
    members = tuple(
        RosterMember(
            kind=MemberKind.UNIT, code=f"unit-{index:04}", name=f"第{index}个单位", county="140500", unit="transport"
        )
        for index in range(number)
    )
    return Rosters({"units": Roster(name="单位", members=members)})


@asynccontextmanager
async def _planner(dsn: str, units: int, number: int) -> AsyncIterator[tuple[Database, Planner, ManualClock]]:
    await migrate(dsn, MIGRATIONS, SLICES)
    database = await connect(dsn, application_name="bench", settings=SESSION_SETTINGS)
    clock = ManualClock(_NEW_YEAR)
    settings = Settings(postgres_dsn=dsn, http_port=0, profile=_PROFILE)
    platform = Platform(service=NAME, settings=settings, database=database, clock=clock, city=load_city(_PROFILE))
    async with database.transaction() as connection:
        await duties.append(connection, _duties(number))
    yield database, replace(Planner.on(platform), rosters=_units(units)), clock
    await database.close()


@dataclass(frozen=True)
class Round:
    """What was planned in one round, and the seconds that it took: of the wall, of this process, of PostgreSQL."""

    words: str
    wall: float
    own: float
    postgres: float
    done: Planning


async def _cpu_of_sessions(database: Database) -> float:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    used = 0.0
    for row in rows:
        with suppress(psutil.Error):
            times = psutil.Process(row["pid"]).cpu_times()
            used += times.user + times.system
    return used


async def measure(dsn: str, units: int, number: int) -> list[Round]:
    """Return the three rounds."""
    rounds = []
    async with _planner(dsn, units, number) as (database, planner, clock):
        for words in ("first planning", "again, nothing new", "again, every task compared"):
            if words.endswith("compared"):
                async with database.transaction() as connection:
                    await connection.execute("DELETE FROM duty_planning")
            sessions, own, began = await _cpu_of_sessions(database), time.process_time(), time.perf_counter()
            done = await plan_all(database, planner=planner, clock=clock)
            wall, own = time.perf_counter() - began, time.process_time() - own
            rounds.append(Round(words, wall, own, await _cpu_of_sessions(database) - sessions, done))
    return rounds


async def _on_a_database(server: str, units: int, number: int) -> list[Round]:
    name = f"planning_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        return await measure(urlunsplit(urlsplit(server)._replace(path=f"/{name}")), units, number)
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=300)
    parser.add_argument("--duties", type=int, default=300)
    asked = parser.parse_args()
    outside = os.environ.get("DUBAN_POSTGRES_DSN")
    with ephemeral.postgres() if outside is None else nullcontext() as server:
        dsn = outside or server.dsn  # type: ignore[union-attr]
        rounds = asyncio.run(_on_a_database(dsn, asked.units, asked.duties))
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    sys.stdout.write(f"{asked.units} units x {asked.duties} duties; load average {load}\n")
    for each in rounds:
        cpu = f"CPU {each.own:6.2f} s own + {each.postgres:6.2f} s PostgreSQL"
        tasks = f"{each.done.created:>8,} new {each.done.kept:>8,} compared"
        sys.stdout.write(f"{each.words:<26} {each.wall:7.2f} s  {cpu}  {tasks}\n")


if __name__ == "__main__":
    main()
