"""Phases and seasons follow from the day (SY05, SY21)."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from services.scheduler.campaigns.model.campaign import Campaign, CampaignState, campaign_state, current_phase, run_on
from services.scheduler.duties.model.rules import DaysOfYear
from services.scheduler.imports.model.three_year import read_campaigns
from services.scheduler.imports.model.units import Phrasebook
from services.scheduler.tests.office import TABLES, Office

THREE_YEAR = TABLES / "three-year-actions.json"
DROWNING = Campaign(
    code="drowning",
    name="防溺水专项行动",
    document="P5.13",
    starts_on=date(2023, 5, 1),
    season=DaysOfYear(opens="05-01", closes="10-31"),
)


@pytest.mark.feature("SY05")
async def test_on_1_october_2026_the_assessment_phase_is_current_and_the_one_before_ended(office: Office) -> None:
    await office.load(THREE_YEAR)
    found = await office.ask("/v1/campaigns/three-year-004", on="2026-10-01")
    assert [(each["phase"]["name"], each["state"]) for each in found["phases"]] == [
        ("动员部署阶段", "ended"),
        ("集中攻坚阶段", "ended"),
        ("治本提升阶段", "ended"),
        ("总结评估阶段", "current"),
    ]
    assert (found["state"], found["current_phase"]) == ("current", 4)
    day_before = await office.ask("/v1/campaigns/three-year-004", on="2026-09-30")
    assert day_before["current_phase"] == 3


@pytest.mark.feature("SY21")
@pytest.mark.parametrize(
    ("day", "state", "run"),
    [
        (date(2024, 4, 30), CampaignState.ENDED, 2023),
        (date(2024, 5, 1), CampaignState.CURRENT, 2024),
        (date(2024, 7, 15), CampaignState.CURRENT, 2024),
        (date(2024, 10, 31), CampaignState.CURRENT, 2024),
        (date(2024, 11, 1), CampaignState.ENDED, 2024),
        (date(2027, 7, 1), CampaignState.CURRENT, 2027),
        (date(2023, 4, 1), CampaignState.AHEAD, 2023),
    ],
)
def test_a_season_from_may_to_october_is_on_in_july_and_over_in_november(
    day: date, state: CampaignState, run: int
) -> None:
    assert campaign_state(DROWNING, day) is state
    assert run_on(DROWNING, day).starts_on.year == run


@pytest.mark.feature("SY21")
async def test_a_seasonal_campaign_opens_and_closes_without_edits(office: Office) -> None:
    await office.tell("/v1/campaigns", DROWNING)
    states = {
        day: (await office.ask("/v1/campaigns/drowning", on=day))["state"]
        for day in ("2024-07-01", "2024-11-01", "2025-07-01")
    }
    assert states == {"2024-07-01": "current", "2024-11-01": "ended", "2025-07-01": "current"}


def test_winter_and_spring_are_one_season_over_the_turn_of_the_year() -> None:
    winter = msgspec.structs.replace(DROWNING, season=DaysOfYear(opens="11-01", closes="03-31"))
    assert campaign_state(winter, date(2025, 1, 15)) is CampaignState.CURRENT
    assert campaign_state(winter, date(2025, 4, 1)) is CampaignState.ENDED


def test_a_campaign_that_ends_has_no_season_afterwards() -> None:
    over = msgspec.structs.replace(DROWNING, ends_on=date(2024, 12, 31))
    assert campaign_state(over, date(2025, 7, 1)) is CampaignState.ENDED


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 6, 1), CampaignState.AHEAD),
        (date(2026, 7, 1), CampaignState.CURRENT),
        (date(2027, 7, 31), CampaignState.CURRENT),
        (date(2027, 8, 15), CampaignState.ENDED),
    ],
)
def test_a_season_is_on_only_while_its_campaign_is(day: date, state: CampaignState) -> None:
    bounded = msgspec.structs.replace(DROWNING, starts_on=date(2026, 7, 1), ends_on=date(2027, 7, 31))
    assert campaign_state(bounded, day) is state


def test_both_cities_campaigns_are_read_with_their_items_and_reports() -> None:
    read = read_campaigns(msgspec.json.decode(THREE_YEAR.read_bytes()), Phrasebook())
    assert read.errors == []
    assert [(each.code, len(each.actions), sum(a.items for a in each.actions)) for each in read.campaigns] == [
        ("three-year-002", 8, 28),
        ("three-year-004", 12, 36),
    ]
    dated = [each for each in read.duties if "-d" in each.duty_id]
    assert [sum(1 for each in dated if each.campaign == code) for code in ("three-year-002", "three-year-004")] == [
        19,
        23,
    ]
    assert current_phase(read.campaigns[0], date(2025, 1, 1)) is None


@pytest.mark.feature("SY04")
async def test_a_plan_item_with_lead_and_helpers_is_one_task_owned_by_the_lead(office: Office) -> None:
    await office.load(THREE_YEAR)
    # Nobody is made up for what the document asks of "city and members".
    assert await office.tasks("three-year-002-27-r1") == []
    [ended] = await office.tasks("three-year-004-16-e")
    assert ended["lead_unit"] == "transport"
    assert ended["helper_units"].split() == [
        "housing_construction",
        "culture_tourism_bureau",
        "education_bureau",
        "civil_affairs",
        "energy_bureau",
    ]


async def test_a_phase_that_ends_before_it_begins_is_refused(office: Office) -> None:
    body = {
        "code": "wrong",
        "name": "行动",
        "document": "S4",
        "starts_on": "2024-01-01",
        "phases": [{"number": 1, "name": "一", "starts_on": "2024-03-01", "ends_on": "2024-02-01"}],
    }
    problem = await office.tell("/v1/campaigns", body, status=422)
    assert (problem["code"], problem["field"]) == ("duty-ends-before-it-begins", "$.phases[0].ends_on")
    assert (await office.ask("/v1/campaigns/wrong", status=404))["code"] == "campaign-not-found"
