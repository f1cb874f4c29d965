"""The HTTP side of a service: one way to be healthy, measured, traced and precise about errors."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from services.chassis.storage.database import Database
from services.chassis.web import failures, health, openapi
from services.chassis.web.health import Readiness
from services.chassis.web.observed import Observed


def create_app(
    name: str,
    *,
    title: str,
    database: Database,
    readiness: Sequence[Readiness] = (),
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Return the service's app: its routers, health, metrics, OpenAPI and problem details."""
    # No /docs page: it would load its scripts from outside, and a city's network has no outside.
    app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None)
    app.state.service = name
    app.state.database = database
    failures.install(app)
    openapi.install(app)
    app.add_middleware(Observed)
    app.include_router(health.router(database, readiness))
    for router in routers:
        app.include_router(router)
    return app
