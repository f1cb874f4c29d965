"""Every endpoint gives each role and scope what the policy says, and foreign rows are not there."""

from __future__ import annotations

import secrets
from typing import Final

import httpx
import pytest

from duban_contracts.testing.calendar import local
from duban_contracts.testing.stories import Story, confirmed
from services.chassis.access.scope import Facts
from services.chassis.assembly import Platform
from services.chassis.storage.database import Database
from services.chassis.testing.rights.behind_locks import waits_for_long
from services.chassis.testing.rights.specimens import Call, Specimen
from services.chassis.testing.rights.trial import examine
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import PatientClock, bench_on
from services.scheduler.tests.draws.specimens import SPECIMENS as DRAWS
from services.scheduler.tests.duties.specimens import SPECIMENS as DUTIES
from services.scheduler.tests.experts.specimens import SPECIMENS as EXPERTS
from services.scheduler.tests.followups.specimens import SPECIMENS as FOLLOW_UPS
from services.scheduler.tests.selfchecks.specimens import SPECIMENS as SELFCHECKS
from services.scheduler.tests.serving import app_on
from services.scheduler.tests.subscriptions.specimens import SPECIMENS as SUBSCRIPTIONS
from services.scheduler.tests.tasks.specimens import specimens as task_specimens
from services.scheduler.tests.training.specimens import SPECIMENS as TRAINING


async def a_clock(database: Database, facts: Facts) -> Story:
    """Make the clock of one confirmed hazard of these facts."""
    story = confirmed(
        f"hz-{secrets.token_hex(4)}",
        county=facts.county,
        township=facts.township,
        sector=facts.sector,
        enterprise_uscc=facts.enterprise,
    )
    await bench_on(database, PatientClock(local(1))).learn(story.records())
    return story


def shows(answer: httpx.Response, story: Story) -> bool:
    return story.facts.hazard_id in {item["hazard_id"] for item in answer.json()["items"]}


SPECIMENS = [
    Specimen.item(
        "GET /v1/clocks/{name}",
        make=a_clock,
        call=lambda story: Call(path=f"/v1/clocks/{story.facts.number}"),
        missing=Call(path="/v1/clocks/JC-none"),
    ),
    Specimen.rows(
        "GET /v1/deadlines",
        make=a_clock,
        call=lambda _: Call(path="/v1/deadlines", params={"limit": "1000"}),
        shows=shows,
    ),
    Specimen.plain("GET /v1/audit", call=lambda _: Call(path="/v1/audit")),
    Specimen.plain("GET /v1/erasures", call=lambda _: Call(path="/v1/erasures")),
    *task_specimens(),
    *DUTIES,
    *TRAINING,
    *SELFCHECKS,
    *SUBSCRIPTIONS,
    *DRAWS,
    *EXPERTS,
    *FOLLOW_UPS,
]


# So many tests try all endpoints: one alone, of thousands of requests, took minutes where the machine was busy.
_PARTS: Final = 4


@pytest.mark.feature("SY65")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(_PARTS))
async def test_every_endpoint_gives_each_role_and_scope_what_the_policy_says(
    platform: Platform[Settings], part: int
) -> None:
    app = app_on(platform)
    assert await examine(app, SPECIMENS, part, _PARTS) == []


@pytest.mark.timeout(900)
async def test_no_endpoint_waits_long_for_what_another_session_holds(
    platform: Platform[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await waits_for_long(app_on(platform), SPECIMENS, monkeypatch) == []
