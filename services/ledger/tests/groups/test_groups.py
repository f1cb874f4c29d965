"""包片督导组: a group sees its own area's findings, and the city's merged month is the sum over the groups."""

from __future__ import annotations

from typing import Any, Final

import pytest

from duban_contracts.testing.calendar import june
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN, HOME

pytestmark = pytest.mark.feature("SY41")
JUNE: Final = "2026-06"


async def count(ledger: InProcess, who: str = "city", month: str = JUNE) -> dict[str, Any]:
    answer = await ledger.get("/v1/supervision-groups/findings/count", who, month=month)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def findings(ledger: InProcess, who: str = "city", **query: Any) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    asked: dict[str, Any] = {"month": JUNE, "limit": 7, **query}
    while True:
        page = (await ledger.get("/v1/supervision-groups/findings", who, **asked)).json()
        found += [(item["group"], item["hazard"]["number"]) for item in page["items"]]
        if page["next"] is None:
            return found
        asked["after"] = page["next"]


def of(said: dict[str, Any], group: str | None) -> int:
    found: int = next(each["found"] for each in said["groups"] if each["group"] == group)
    return found


async def test_the_merged_month_is_the_sum_over_the_groups_and_the_list_holds_each_finding_once(
    ledger: InProcess,
) -> None:
    before = await count(ledger)
    mine = [await ledger.registered() for _ in range(3)]
    theirs = [await ledger.registered(county=FOREIGN) for _ in range(2)]
    await ledger.registered(channel="self_report")
    said = await count(ledger)
    assert (of(said, "G1"), of(said, "G2")) == (of(before, "G1") + 3, of(before, "G2") + 2)
    assert said["total"] == before["total"] + 5 == sum(each["found"] for each in said["groups"])
    assert said["balanced"]
    listed = await findings(ledger)
    assert len(listed) == len(set(listed)) == said["total"]
    assert {("G1", hazard["number"]) for hazard in mine} | {("G2", h["number"]) for h in theirs} <= set(listed)
    assert {group for group, _ in await findings(ledger, group="G2")} == {"G2"}


async def test_a_group_sees_its_own_areas_findings_and_no_others_anywhere(ledger: InProcess) -> None:
    mine, theirs = await ledger.registered(), await ledger.registered(county=FOREIGN)
    seen = {number for _, number in await findings(ledger, "group")}
    assert mine["number"] in seen
    assert theirs["number"] not in seen
    said = await count(ledger, "group")
    assert [each["group"] for each in said["groups"]] == ["G1", None]
    assert said["total"] == of(said, "G1") == of(await count(ledger), "G1")
    assert (await ledger.get(f"/v1/hazards/{theirs['number']}", "group")).status_code == 404
    assert (await ledger.get(f"/v1/hazards/{mine['number']}", "group")).status_code == 200
    groups = (await ledger.get("/v1/supervision-groups", "group")).json()["items"]
    assert groups == [{"code": "G1", "name": "第一督导组", "areas": [HOME]}]


async def test_what_was_merged_or_was_no_hazard_is_no_finding_and_a_month_has_its_own_days(ledger: InProcess) -> None:
    before = await count(ledger)
    survivor, twin, none = [await ledger.registered() for _ in range(3)]
    await ledger.post(twin["number"], "merge", {"into": survivor["number"], "reason": "同一处"}, "county")
    await ledger.post(none["number"], "reject", {"reason": "不构成隐患"}, "county")
    assert (await count(ledger))["total"] == before["total"] + 1
    await ledger.registered(found_on=june(1).replace(month=5, day=31))
    assert (await count(ledger))["total"] == before["total"] + 1
    assert of(await count(ledger, month="2026-05"), "G1") >= 1


async def test_a_finding_that_goes_on_under_an_enterprises_own_report_stays_in_its_groups_month(
    ledger: InProcess,
) -> None:
    before = await count(ledger)
    own = await ledger.registered(channel="self_report", found_on=june(1).replace(month=5, day=20))
    first, second, third = [await ledger.registered() for _ in range(3)]

    async def balanced(more: int, *listed: dict[str, Any]) -> None:
        said = await count(ledger)
        assert (said["total"], of(said, "G1"), said["balanced"]) == (
            before["total"] + more,
            of(before, "G1") + more,
            True,
        )
        shown = [number for _, number in await findings(ledger)]
        assert len(shown) == said["total"]
        assert {each["number"] for each in (first, second, third)} & set(shown) == {each["number"] for each in listed}

    merge = {"into": own["number"], "reason": "同一处"}
    assert (await ledger.post(first["number"], "merge", merge, "county")).status_code == 200
    await balanced(3, first, second, third)
    # Of several findings that go on as one hazard one counts.
    assert (await ledger.post(second["number"], "merge", merge, "county")).status_code == 200
    await balanced(2, first, third)
    assert (await ledger.post(first["number"], "unmerge", {"reason": "另一处"}, "county")).status_code == 200
    await balanced(3, first, second, third)
    # It is open while what it goes on as is, and no finding where that was no hazard.
    still_open = next(each["open"] for each in (await count(ledger))["groups"] if each["group"] == "G1")
    assert (await ledger.post(own["number"], "reject", {"reason": "不构成隐患"}, "county")).status_code == 200
    await balanced(2, first, third)
    assert next(each["open"] for each in (await count(ledger))["groups"] if each["group"] == "G1") == still_open - 1


@pytest.mark.parametrize("month", ["2026-13", "2026", "06-2026", "2026-06-01"])
async def test_a_month_is_written_as_a_month(ledger: InProcess, month: str) -> None:
    answer = await ledger.get("/v1/supervision-groups/findings/count", month=month)
    assert (answer.status_code, answer.json()["field"]) == (422, "month")
