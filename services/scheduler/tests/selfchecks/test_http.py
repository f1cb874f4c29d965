"""Self-checks over HTTP: a plant is registered, its levels file, and each level's gaps stand by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from services.scheduler.tests.office import Office
from services.scheduler.tests.selfchecks.stage import PARTS, check, layout, plant

PLANTS = "/v1/selfcheck-plants"


async def registered(office: Office) -> str:
    """Register a plant; return its address."""
    made = await office.tell(PLANTS, plant(), who="county", status=201)
    return f"{PLANTS}/{made['plant_id']}"


async def levels(office: Office, path: str, **query: Any) -> dict[str, dict[str, Any]]:
    """Return a plant's sheet by level."""
    shown = await office.ask(f"{path}/sheet", who="county", **query)
    return {each["level"]: each for each in shown["levels"]}


@pytest.mark.feature("SY15")
async def test_a_team_that_skips_a_day_is_a_gap_in_its_plants_week_and_blocks_no_monthly_check(office: Office) -> None:
    path = await registered(office)
    filed = [check("day", f"2024-05-{day:02}", "team-1") for day in range(6, 13) if day != 8]
    filed += [check("day", f"2024-05-{day:02}", "team-2") for day in range(6, 11)]
    filed += [check("week", "2024-05-09", "shop-1"), check("month", "2024-05-14", hazards=3, major=1)]
    for each in filed:
        await office.tell(f"{path}/checks", each, who="county", status=201)
    week = await levels(office, path, on="2024-05-08")
    gaps = [(gap["part"], gap["name"], gap["period"]) for gap in week["day"]["gaps"]]
    # Team 2 works by the city's calendar, in which Saturday 11 May is worked for the holiday of May.
    assert gaps == [("team-1", "一班", "2024-05-08"), ("team-2", "二班", "2024-05-11")]
    assert (week["day"]["met"], week["week"]["met"]) == (False, True)
    month = await levels(office, path, on="2024-05-08", span="month")
    assert (month["month"]["met"], month["month"]["done"], month["day"]["met"]) == (True, 1, False)
    rolled = await office.ask(PLANTS, who="county", on="2024-05-08")
    assert [(each["name"], each["period"]) for each in rolled["items"]] == [("一厂", "2024-W19")]
    assert {each["level"]: each["missing"] for each in rolled["items"][0]["levels"]} == {"day": 2, "week": 0}


async def test_a_plant_that_filed_nothing_is_a_row(office: Office) -> None:
    await registered(office)
    (row,) = (await office.ask(PLANTS, who="office", span="month", on="2024-04-10"))["items"]
    assert {each["level"]: (each["missing"], each["met"]) for each in row["levels"]} == {
        "day": (30 + 22, False),
        "week": (4, False),
        "month": (1, False),
    }


async def test_a_check_that_is_withdrawn_stays_readable_and_leaves_its_gap(office: Office) -> None:
    path = await registered(office)
    made = await office.tell(f"{path}/checks", check("month", "2024-04-14"), who="county", status=201)
    assert (await levels(office, path, on="2024-04-08", span="month"))["month"]["late"] == 1, "filed in May"
    back = f"{path}/checks/{made['check_id']}/withdraw"
    await office.tell(back, {"reason": "误报"}, who="county")
    again = await office.tell(back, {"reason": "误报"}, who="county", status=404)
    assert again["code"] == "selfcheck-not-found"
    assert (await levels(office, path, on="2024-04-08", span="month"))["month"]["missing"] == 1
    listed = (await office.ask(f"{path}/checks", who="county"))["items"]
    assert [(each["found"]["held_on"], each["withdrawn"]) for each in listed] == [("2024-04-14", "误报")]


async def test_a_team_is_given_up_and_owes_nothing_from_then_on(office: Office) -> None:
    path = await registered(office)
    ended = [{**PARTS[0], "until": "2024-05-07"}, *PARTS[1:]]
    changed = await office.tell(f"{path}/change", {**layout(parts=ended), "reason": "班组合并"}, who="county")
    assert (changed["version"], changed["reason"]) == (2, "班组合并")
    week = await levels(office, path, on="2024-05-08")
    gaps = [gap["period"] for gap in week["day"]["gaps"] if gap["part"] == "team-1"]
    assert gaps == ["2024-05-06", "2024-05-07"]
    refused = await office.tell(
        f"{path}/change", {**layout(parts=PARTS[1:]), "reason": "删除"}, who="county", status=422
    )
    assert refused["code"] == "selfcheck-part-fixed"


async def test_what_cannot_be_is_refused(office: Office) -> None:
    path = await registered(office)
    for sent, code in (
        (check("month", "2024-05-16"), "selfcheck-ahead"),
        (check("day", "2024-05-10", "shop-1"), "selfcheck-part-unknown"),
        (check("month", "2024-05-10", no_work=True), "selfcheck-no-work"),
    ):
        refused = await office.tell(f"{path}/checks", sent, who="county", status=422)
        assert refused["code"] == code
    await office.tell(PLANTS, plant(county="140521"), who="county", status=404)
    await office.tell(PLANTS, plant(), who="observer", status=403)
