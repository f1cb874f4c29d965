"""The act of `make demo` in which a year is played: on the demo's own Kafka and PostgreSQL, beside its services."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from rich.console import Console

from deploy.demo.audit.case import Line
from deploy.demo.year.audit import audit
from deploy.demo.year.evidence import gather
from deploy.demo.year.play import Script, play
from deploy.demo.year.reckoning import asked_for, table_of
from deploy.demo.year.reminders import ReminderPolicy
from deploy.demo.year.stage import Place, opened
from deploy.local import postgres, provision, security
from deploy.local.settings import Settings
from duban_contracts.kafka_users import ADMIN, OPERATOR, city_users, load_quotas, service_user
from duban_contracts.profile import load_city
from services.chassis.publishing import users

PREFIX: Final = "year2024."
_DATABASE: Final = "duban_year"
_SCHEDULER: Final = "scheduler"


async def perform(settings: Settings, console: Console, seed: int) -> list[Line]:
    """Play 2024 on the running platform, and return the audit of it; nothing of a city without that table. Raises `Trouble`."""
    console.rule("重演 2024 年")
    if not table_of(settings.profile).exists():
        console.print("  本市档案没有 2024 年任务表，略过", markup=False)
        return []
    began = time.monotonic()
    await _admit(settings)
    place = Place(
        broker=security.broker(settings, ADMIN),
        reader=security.broker(settings, OPERATOR),
        environment=_environment(settings),
        dsn=await _database(settings),
        prefix=PREFIX,
        profile=settings.profile,
        home=settings.home / "state" / "year",
    )
    place.home.mkdir(parents=True, exist_ok=True)
    expected = asked_for(place.profile)
    async with opened(place) as stage:
        played = await play(stage, Script(seed), lambda line: console.print(f"  {line}", markup=False))
        found = await gather(stage, expected.values())
    console.print(f"  时钟推进 {played.steps} 步，用时 {time.monotonic() - began:.0f} 秒", markup=False)
    return [
        replace(line, title=f"2024：{line.title}")
        for line in audit(expected, ReminderPolicy.of(place.profile), played, found)
    ]


def _environment(settings: Settings) -> dict[str, str]:
    secured = security.of(settings)
    told = secured.environment(service_user(_SCHEDULER)) if secured else {}
    return {"DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap, **told}


async def _admit(settings: Settings) -> None:
    """Give the platform's users the same rights on the year's topics, where Kafka demands rights."""
    if security.of(settings) is None:
        return
    counties = [county.code for county in load_city(settings.profile).counties]
    quotas = load_quotas(settings.profile, counties)
    usual, here = city_users(counties, settings.topic_prefix, quotas), city_users(counties, PREFIX, quotas)
    both = [
        replace(user, rights=tuple(dict.fromkeys((*user.rights, *other.rights))))
        for user, other in zip(usual, here, strict=True)
    ]
    await users.apply(security.broker(settings, ADMIN), both, {})


async def _database(settings: Settings) -> str:
    """Make an empty database of the scheduler's own role; return its DSN."""
    server = postgres.server(
        settings.home, settings.port("postgres"), settings.credentials / "postgres", settings.postgres_options
    )
    superuser = settings.outside_postgres or server.dsn()
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {_DATABASE} OWNER {provision.role_of(_SCHEDULER)}")
    finally:
        await connection.close()
    own = urlsplit(provision.service_dsns(settings, superuser)[_SCHEDULER])
    return urlunsplit(own._replace(path=f"/{_DATABASE}"))
