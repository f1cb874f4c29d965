"""Every endpoint of statistics before every role and scope."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from duban_contracts.testing.stories import Story
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.behind_locks import waits_for_long
from services.chassis.testing.rights.specimens import Call, Specimen
from services.chassis.testing.rights.trial import examine
from services.statistics.tests.bench import Books
from services.statistics.tests.stories import DEADLINE, hour, open_since

NUMBERS = count()
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
CARRIES = {Dimension.COUNTY, Dimension.SECTOR}


async def a_hazard(database: Database, facts: Facts) -> Story:
    """A hazard that was confirmed, closed and opened again in the facts' cell."""
    story = open_since(1, f"h{next(NUMBERS)}", county=facts.county, sector=facts.sector)
    story = story.submitted(hour(2)).closed(hour(3)).reopened(hour(4), DEADLINE)
    await Books(database).take(story.records())
    return story


def shown(answer: httpx.Response, story: Story) -> bool:
    """Whether some item of the answer counts something in the hazard's cell."""
    return any(
        (item["county"], item["sector"]) == (story.facts.county, story.facts.sector) and _counts(item)
        for item in answer.json()["items"]
    )


def _counts(item: dict[str, Any]) -> bool:
    return any(isinstance(value, int | dict) and value for value in item.values())


def figures(name: str, **parameters: str) -> Specimen:
    return Specimen.rows(
        f"GET /v1/{name}",
        make=a_hazard,
        call=lambda _: Call(path=f"/v1/{name}", params={**parameters, "by": "county,sector"}),
        shows=shown,
        carries=CARRIES,
    )


SPECIMENS = [
    figures("flows", **NOVEMBER),
    figures("stock"),
    figures("rates", **NOVEMBER),
    figures("clearance", **NOVEMBER),
    figures("balance", **NOVEMBER),
]


@pytest.mark.feature("SY65")
async def test_every_endpoint_gives_each_role_and_scope_what_the_policy_says(app: FastAPI) -> None:
    assert await examine(app, SPECIMENS) == []


async def test_no_endpoint_waits_long_for_what_another_session_holds(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await waits_for_long(app, SPECIMENS, monkeypatch) == []
