"""A letter that the city's relay took and a county's mail server sends back, from the wire to the notice."""

from __future__ import annotations

import pytest

from services.chassis.testing import kafka as chassis_testing
from services.notifications.bootstrap import build
from services.notifications.tests.installation import Installation, world_on
from services.notifications.tests.world import overdue

pytestmark = [pytest.mark.promise("P9"), pytest.mark.feature("SY44")]


async def test_a_bounce_turns_a_delivered_letter_into_a_failed_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_BOUNCE_MAILDIR", str(installation.receivers.directory / "bounces"))
    monkeypatch.setattr("services.notifications.delivery.wire.REPORTS_SECONDS", 0.2)
    service = await build(installation.settings, channels=installation.channels)
    async with chassis_testing.running(service), world_on(installation) as world:
        await chassis_testing.eventually(world.is_up)
        await world.say(overdue(unit="culture_tourism_bureau"))

        async def came_back() -> None:
            [letter] = await world.settled()
            [delivery] = letter["deliveries"]
            assert (letter["state"], delivery["state"], delivery["code"]) == ("failed", "failed", "5.1.1")
            assert delivery["detail"] == "smtp; 550 5.1.1 <<address>>: 用户不存在"
            assert [attempt["code"] for attempt in delivery["history"]] == ["250 2.0.0"]

        await chassis_testing.eventually(came_back)
        kinds = [notice.type for notice in await world.notices()]
    assert [kind.split(".")[-2] for kind in kinds] == ["issued", "delivered", "failed"]
