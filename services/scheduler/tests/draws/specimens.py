"""Draws before every role: all staff read and repeat them, an office holds those of its own area."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Kind, Specimen
from services.scheduler.draws.handlers import announce
from services.scheduler.draws.tables import Draw
from services.scheduler.tests.draws.builders import CATERING, GAS, SECRETS, announced, announcement, inspector, target
from services.scheduler.tests.office import office_acting

_CHINA: Final = timezone(timedelta(hours=8))


async def a_draw(database: Database, facts: Facts) -> Draw:
    """Announce a draw within one county, whose day has come when the rights test looks."""
    acting = office_acting(datetime(2024, 5, 15, 9, tzinfo=_CHINA), date(2024, 5, 15))
    async with database.transaction() as connection:
        made = await announce(connection, announced(**_within(facts)), acting=acting)
    assert isinstance(made, Draw)
    return made


async def facts_alone(_: Database, facts: Facts) -> Facts:
    """Make nothing: what is announced is the row."""
    return facts


def _within(facts: Facts) -> dict[str, Any]:
    """Return what an announcement says that lies wholly in the county of these facts."""
    county = facts.county or ""
    return {
        "document_number": secrets.token_hex(4),
        "targets": [target(CATERING, county), target(GAS, county)],
        "inspectors": [inspector(f"I-0{number}", county) for number in (4, 5, 6)],
    }


def _new(facts: Facts) -> Call:
    return Call(path="/v1/draws", json=announcement(**_within(facts), draws_on="2999-01-01"))


def _held(draw: Draw) -> dict[str, Any]:
    return {"input_sha256": draw.input_sha256, "secrets": list(SECRETS)}


def _one(route: str, below: str = "") -> Specimen:
    return Specimen(
        route=route, kind=Kind.PLAIN, make=a_draw, call=lambda draw: Call(path=f"/v1/draws/{draw.draw_id}{below}")
    )


SPECIMENS: Final = [
    Specimen.plain("GET /v1/draws", call=lambda _: Call(path="/v1/draws")),
    _one("GET /v1/draws/{draw_id}"),
    _one("GET /v1/draws/{draw_id}/input.txt", "/input.txt"),
    Specimen.item(
        "POST /v1/draws", make=facts_alone, call=_new, missing=_new(Facts(county="999999")), carries={Dimension.COUNTY}
    ),
    Specimen.item(
        "POST /v1/draws/{draw_id}/draw",
        make=a_draw,
        call=lambda draw: Call(path=f"/v1/draws/{draw.draw_id}/draw", json=_held(draw)),
        missing=Call(path="/v1/draws/0123456789abcdef/draw", json={"input_sha256": "0" * 64, "secrets": list(SECRETS)}),
        carries={Dimension.COUNTY},
    ),
]
