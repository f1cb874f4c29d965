"""A service's HTTP side without any server: what OpenAPI documents and the table of rights are generated from.

A service is found by its folder, not by name: the chassis knows none. Its `bootstrap.py` gives `NAME`, `TITLE` and
`parts(platform)`; wiring does no I/O, so it works with a database that is never connected.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from fastapi import FastAPI

from duban_contracts.profile import load_city
from services.chassis.access.signin import opening
from services.chassis.assembly import Platform, app_of
from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import Database

SERVICES: Final = Path(__file__).parents[1]
_PROFILE: Final = SERVICES.parent / "deploy" / "profiles" / "jincheng"


def service_names() -> list[str]:
    """Return the services of this tree, in alphabetical order."""
    return sorted(path.parent.name for path in SERVICES.glob("*/bootstrap.py"))


@cache
def app_without_servers(service: str, sign_in: opening.SignIn | None = None) -> FastAPI:
    """Return the app of `service` as it is served, the same one each time; no request that needs a server is answered.

    With `sign_in` people may come with tokens.
    """
    bootstrap = import_module(f"services.{service}.bootstrap")
    settings = import_module(f"services.{service}.settings").Settings(
        postgres_dsn="postgresql://nowhere/", http_port=0, profile=_PROFILE
    )
    platform = Platform[Any](
        service=bootstrap.NAME,
        settings=settings,
        database=Database(cast("Any", None)),
        clock=SystemClock(),
        city=load_city(_PROFILE),
        sign_in=sign_in,
    )
    return app_of(platform, bootstrap.parts(platform), title=bootstrap.TITLE)
