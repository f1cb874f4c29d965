"""What several tests of access share: an app of the example's making, and keys for it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI

from services.chassis.access.keys import NewKey, new_token, store
from services.chassis.access.policy import guard
from services.chassis.access.principal import Principal
from services.chassis.access.signin.door import SignIn
from services.chassis.storage.database import Database
from services.chassis.tests.access.city import CITY
from services.chassis.web.app import create_app

MIGRATIONS = Path(__file__).parent / "migrations"


def app_with(opened: Database, *routers: APIRouter, sign_in: SignIn | None = None) -> FastAPI:
    """Return a guarded app called `example` of these routers; with `sign_in` people may come with tokens."""
    return guard(create_app("example", title="example", database=opened, routers=routers), CITY, sign_in)


async def key_of(opened: Database, principal: Principal) -> dict[str, str]:
    """Store a key for `principal`; return the request headers that carry it."""
    token = new_token()
    async with opened.transaction() as connection:
        await store(connection, [NewKey(principal, token)])
    return {"authorization": f"Bearer {token}"}
