"""The service's HTTP side for tests: its routes are made once a process, and serve each test on its own database and clock."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, cast

from fastapi import FastAPI

from duban_contracts.profile import load_city
from duban_contracts.testing.calendar import local
from services.chassis.assembly import Part, Platform, app_of
from services.chassis.storage.database import Database
from services.scheduler.bootstrap import NAME, TITLE, parts
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import PROFILE, PatientClock

if TYPE_CHECKING:
    import asyncpg


def app_on(platform: Platform[Settings]) -> FastAPI:
    """Return a new app on this platform's database and clock; who has one of another platform asks it nothing any more.

    What an app remembers, such as keys that it has seen, is the test's own. Its 83 routes are not: to make them takes a quarter of
    a second of the processor, half of what a test over HTTP took to set up, and it has two hundred of those.
    """
    held, made = _made()
    if (platform.city, platform.settings) != (held.city, held.settings):
        raise ValueError("routes are wired with a city and settings: who wants others makes an app of its own")
    # The routes hold these two objects, which from now on are the test's under another name.
    held.database.__dict__ = platform.database.__dict__
    held.clock.__dict__ = platform.clock.__dict__
    return app_of(platform, made, title=TITLE)


@cache
def _made() -> tuple[Platform[Settings], Sequence[Part]]:
    held = unconnected()
    return held, parts(held)


def unconnected() -> Platform[Settings]:
    """Return a platform without a database: wiring asks for nothing, and `app_on` lends it the test's."""
    settings = Settings(postgres_dsn="postgresql://nowhere/", http_port=0, profile=PROFILE)
    database = Database(cast("asyncpg.Pool[asyncpg.Record]", None))
    return Platform(
        service=NAME, settings=settings, database=database, clock=PatientClock(local(1)), city=load_city(PROFILE)
    )
