"""The HTTP side of a service: one way to be healthy, measured, traced and precise about errors."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from services.chassis.storage.database import Database
from services.chassis.web import failures, health, openapi
from services.chassis.web.health import Readiness
from services.chassis.web.lanes import MOST, Lanes
from services.chassis.web.observed import Observed


def create_app(
    name: str,
    *,
    title: str,
    database: Database,
    readiness: Sequence[Readiness] = (),
    routers: Sequence[APIRouter] = (),
    most_requests: int = MOST,
) -> FastAPI:
    """Return the service's app: its routers, health, metrics, OpenAPI and problem details.

    Of reads and of commands it has `most_requests` each under way at once; see `lanes`.
    """
    # No /docs page: it would load its scripts from outside, and a city's network has no outside.
    # And none of FastAPI's own spans: `Observed` makes one of each request, by the template of its route.
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        # A slash too many is another address, 404: a redirect names the scheme that reached us, and behind a proxy that
        # ends TLS whoever follows it sends key and body in clear.
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = name
    app.state.database = database
    failures.install(app)
    openapi.install(app)
    app.add_middleware(Observed)
    app.add_middleware(Lanes, most=most_requests)
    for router in (health.router(database, readiness), *routers):
        # Taken as they are: FastAPI would try every route of an included router twice, once to choose the router.
        app.router.routes.extend(router.routes)
    return app
