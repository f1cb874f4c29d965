"""Who signs for a letter, and what becomes of one whose deadline had been wrong: from Kafka and over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.notices import NoticeRecalled
from services.chassis.testing.kafka import eventually
from services.notifications.tests.installation import ENTERPRISE
from services.notifications.tests.world import DEADLINE, NOW, World, overdue, told

pytestmark = [pytest.mark.feature("SY44"), pytest.mark.promise("P9")]


async def test_only_the_receiving_office_signs_and_only_once(world: World) -> None:
    await world.say(overdue())
    [letter] = await world.settled()
    path = f"/v1/letters/{letter['letter_id']}/acknowledge"
    for who in ("foreign", "enterprise"):
        assert (await world.ask(who, "POST", path)).status_code == 404
    for who in ("operator", "city"):
        assert (await world.ask(who, "POST", path)).json()["code"] == "role-not-allowed"
    refused = await world.ask("sibling", "POST", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-the-receiver")
    first = (await world.ask("unit", "POST", path)).json()
    again = (await world.ask("county", "POST", path)).json()
    assert first["state"] == "acknowledged"
    assert first["acknowledged_by"] == again["acknowledged_by"] == "regulator-140502-1"
    assert await world.told() == ["acknowledged", "delivered", "delivered", "issued"]


@pytest.mark.feature("SY65")
async def test_a_principal_signs_for_its_own_enterprise_beside_the_office_and_never_for_it(world: World) -> None:
    await world.say(overdue(enterprise_uscc=ENTERPRISE))
    [letter] = await world.settled()
    path = f"/v1/letters/{letter['letter_id']}/acknowledge"
    for _ in range(2):
        signed = (await world.ask("enterprise", "POST", path)).json()
    assert (signed["state"], signed["acknowledged_by"]) == ("delivered", None)
    assert signed["enterprise_acknowledged_by"] == "enterprise-1"
    both = (await world.ask("unit", "POST", path)).json()
    assert (both["state"], both["acknowledged_by"]) == ("acknowledged", "regulator-140502-1")
    assert both["enterprise_acknowledged_at"] == signed["enterprise_acknowledged_at"]
    assert await world.told() == ["acknowledged"] * 2 + ["delivered"] * 2 + ["issued"]


async def test_a_letter_about_a_wrong_deadline_is_recalled_and_keeps_its_number(world: World) -> None:
    await world.say(overdue("h-1"), overdue("h-2"))
    await world.settled(2)
    await world.say(told("h-1", deadline_on=date(2026, 12, 5)).recalled(NOW, DEADLINE))

    async def recalled() -> dict[str, bool]:
        letters = [each for each in await world.letters() if each["kind"] == "urging"]
        found = {each["about"]["id"].removeprefix(f"{world.tag}-"): each for each in letters}
        assert found["h-1"]["recalled_at"]
        return {name: each["recalled_at"] is not None for name, each in found.items()}

    await world.settled(3)
    assert await eventually(recalled) == {"h-1": True, "h-2": False}
    [mail] = [mail for mail in await world.mails() if "更正" in str(mail["Subject"])]
    assert "更正后的整改期限：2026年12月5日" in mail.get_content()
    said = [decode(event) for event in await world.notices()]
    [recall] = [each for each in said if isinstance(each, NoticeRecalled)]
    assert recall.about.id == f"{world.tag}-h-1"
    assert "2026年12月5日" in recall.reason
