"""The play itself: who is on stage, how long, and what is said at the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import msgspec
from rich.console import Console

from deploy.demo.accidents import AccidentDesk
from deploy.demo.api import Platform
from deploy.demo.audit.case import Case, Line, Places
from deploy.demo.audit.run import CHECKS, Check, audit
from deploy.demo.board import Board, refusals_table
from deploy.demo.counties import County
from deploy.demo.criteria import load_criteria
from deploy.demo.life import Story, write
from deploy.demo.regulators import Regulators
from deploy.demo.senders import GatewaySender, KafkaSender, Sender
from deploy.demo.settling import reports_of, settled
from deploy.demo.tips import TipOffice, write_tips
from deploy.demo.year import act as year
from deploy.local import platform as local
from deploy.local import secrets_store, security
from deploy.local.settings import LOOPBACK, Settings, load
from deploy.local.trouble import Trouble
from duban_contracts.kafka_users import OPERATOR, county_user
from duban_contracts.profile import City, load_city
from services.chassis.process.clock import ZONE, Clock, ScaledClock

# These two counties write straight to their own Kafka topics; the other four go through the gateway.
DIRECT = frozenset({"140525", "140581"})
_MARK = "demo"

Disturb = Callable[[], Awaitable[None]]
"""Does something to the platform while the city lives, and returns when it has stopped doing so."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is played: the same seed tells the same stories. Wall seconds.

    In the counties `away` nobody plays, and of them the audit asks nothing. Both waits end as soon as all is done; at a load
    average of 40 on two cores three of 242 reports were left lying after 40 seconds.
    """

    seed: int
    seconds: float
    hazards: int
    settle_seconds: float = 150
    patience_seconds: float = 30
    away: frozenset[str] = frozenset()


def play(console: Console, *, seed: int, seconds: float, hazards: int) -> int:
    """Start a fresh platform, play, audit, print; return the exit code. Raises Trouble."""
    settings = _fresh(load(), console)
    console.print("启动平台（Kafka、PostgreSQL 与五个服务）…")
    local.up(settings, lambda line: console.print(f"  {line}", markup=False))
    lines = asyncio.run(perform(settings, console, Script(seed, seconds, hazards)))
    lines += asyncio.run(year.perform(settings, console, seed))
    passed = report(console, lines)
    if os.environ.get("CI"):
        local.down(settings, lambda line: console.print(f"  {line}", markup=False))
    else:
        _look_further(settings, console)
    return 0 if passed else 1


def report(console: Console, lines: Sequence[Line]) -> bool:
    """Print the audit; return whether every line holds."""
    console.rule("审计")
    for line in lines:
        console.print(f"{'✓' if line.holds else '✗'} {line.title}：{line.detail}", markup=False)
    passed = all(line.holds for line in lines)
    console.print("审计通过" if passed else "审计未通过")
    return passed


def _fresh(settings: Settings, console: Console) -> Settings:
    """Begin with an empty platform: an earlier demo's data is forgotten, anything else is left alone."""
    mark = settings.home / "state" / _MARK
    holds_data = any((settings.home / name).exists() for name in ("kafka", "postgres"))
    if holds_data and not mark.exists():
        raise Trouble(
            f"{settings.home} holds a platform that was not made by a demo.",
            "Choose another place (make demo DUBAN_HOME=/some/dir) or forget it with `make reset`.",
        )
    if holds_data:
        console.print("清除上一次演示的数据…")
        local.reset(settings, lambda _line: None)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return settings


async def perform(
    settings: Settings, console: Console, script: Script, disturb: Disturb | None = None, further: Sequence[Check] = ()
) -> list[Line]:
    """Play `script` on the running platform and audit it, with `further` checks; `disturb` runs beside the reports."""
    city = without(load_city(settings.profile), script.away)
    clock = _clock(settings)
    keys = secrets_store.read_json(settings.credentials / "keys.json")
    urls = {name: f"http://{LOOPBACK}:{settings.port(name)}" for name in settings.services}
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        api = Platform(client, urls, {account: entry["key"] for account, entry in keys.items()})
        # The day on which the clock began, and not today: the same seed tells the same stories.
        today = _origin(settings).astimezone(ZONE).date()
        written = write(city, seed=script.seed, hazards=script.hazards, seconds=script.seconds, today=today)
        stories = {story.reference: story for story in written}
        tips = write_tips(city, seed=script.seed, hazards=script.hazards, seconds=script.seconds)
        office = TipOffice(api, clock, tips, stories)
        senders = {county.code: _sender(settings, api, county.code) for county in city.counties}
        board = Board(city, api, clock, senders, console)
        await load_criteria(api, settings.profile)
        unasked = await _live(api, city, clock, stories, senders, board, office, script, disturb)
        console.print(await board.table())
        received = f"http://{LOOPBACK}:{settings.port('webhook')}/received"
        case = Case(
            api,
            security.broker(settings, OPERATOR),
            stories,
            senders,
            received,
            settings.profile,
            office.book,
            _places(settings),
            unasked,
        )
        lines = await audit(case, script.patience_seconds, (*CHECKS, *further))
        console.print(refusals_table(city, case.refusals))
        return lines


async def _live(
    api: Platform,
    city: City,
    clock: Clock,
    stories: Mapping[str, Story],
    senders: Mapping[str, Sender],
    board: Board,
    office: TipOffice,
    script: Script,
    disturb: Disturb | None,
) -> Collection[str]:
    """Let everybody play until all is reported and nothing disturbs, then until what is under way has settled.

    Return the hazards of which the second level waited for its letter long enough.
    """
    stopping = asyncio.Event()
    regulators = Regulators(api, clock, stories)
    counties = [
        County(code, sender=sender, platform=api, clock=clock, stories=stories, seed=script.seed)
        for code, sender in senders.items()
    ]
    everybody: list[asyncio.Task[Any]] = [
        asyncio.create_task(work)
        for work in (
            board.show(stopping),
            *(regulators.work(county.code, stopping) for county in city.counties),
            *(county.rectify(stopping) for county in counties),
        )
    ]
    try:
        acts = [office.work(), AccidentDesk(api, clock, city).work(), *(county.report() for county in counties)]
        reports = asyncio.gather(*acts, *([disturb()] if disturb else []))
        await _unless_somebody_fails(reports, everybody)
        settles = settled(api, set(senders), reports_of(stories.values()), script.settle_seconds)
        await _unless_somebody_fails(asyncio.ensure_future(settles), everybody)
    finally:
        stopping.set()
        await asyncio.gather(*everybody, return_exceptions=True)
    return regulators.unasked


async def _unless_somebody_fails(work: asyncio.Future[Any], everybody: list[asyncio.Task[Any]]) -> None:
    await asyncio.wait({work, *everybody}, return_when=asyncio.FIRST_COMPLETED)
    for task in everybody:
        if task.done():
            work.cancel()
            task.result()
    await work


def without(city: City, away: Collection[str]) -> City:
    """Return the city as if the counties `away`, with their townships and enterprises, were not in it."""
    regions = (region for region in city.regions if region.code not in away and region.parent not in away)
    # A tip about an enterprise there would be a hazard of which nobody plays the rest.
    enterprises = (enterprise for enterprise in city.enterprises if enterprise.county not in away)
    return msgspec.structs.replace(city, regions=tuple(regions), enterprises=tuple(enterprises))


def _places(settings: Settings) -> Places:
    """Return where the platform writes, but for the vault."""
    told = local.environment(settings)
    databases = {name: told[f"DUBAN_{name.upper()}_DSN"] for name in settings.services}
    return Places(databases=databases, topic_prefix=settings.topic_prefix, logs=settings.logs)


def _sender(settings: Settings, api: Platform, county: str) -> Sender:
    if county in DIRECT:
        return KafkaSender(security.client(settings, county_user(county)), county)
    return GatewaySender(api.client, api.urls["gateway"], api.keys[f"county-{county}"], county)


def _clock(settings: Settings) -> Clock:
    kept = secrets_store.read_json(settings.home / "state" / "clock.json")
    return ScaledClock(
        rate=float(kept["DUBAN_CLOCK_RATE"]),
        origin=_origin(settings),
        origin_wall=datetime.fromisoformat(kept["DUBAN_CLOCK_ORIGIN_WALL"]),
    )


def _origin(settings: Settings) -> datetime:
    return datetime.fromisoformat(secrets_store.read_json(settings.home / "state" / "clock.json")["DUBAN_CLOCK_ORIGIN"])


def _look_further(settings: Settings, console: Console) -> None:
    console.rule("继续查看")
    for name, address in local.addresses(settings):
        console.print(f"  {name:<16} {address}", markup=False)
    console.print("  make status 看进程，make logs S=ledger 看日志，make down 停止（数据保留），make reset 清除")
