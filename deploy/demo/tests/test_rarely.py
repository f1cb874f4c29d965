"""What bureaus do rarely is done once, each step by whom it is for, and the usual way goes on behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from deploy.demo.api import Platform
from deploy.demo.life import Story, write
from deploy.demo.rarely import Rarely, as_typed
from duban_contracts.profile import load_city

CITY = load_city(Path(__file__).parents[2] / "profiles" / "jincheng")
TODAY = date(2026, 3, 2)
STORIES = write(CITY, seed=1, hazards=400, seconds=50, today=TODAY)


class Ledger:
    """Answers every command, and notes it: what, by whom."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.given: list[tuple[str, str]] = []

    async def command(self, _: dict[str, Any], verb: str, account: str, body: dict[str, Any]) -> int:
        assert body
        self.given.append((verb, account))
        return self.status

    async def post(self, _: str, path: str, account: str, body: dict[str, Any], *, once: str) -> dict[str, Any]:
        assert body
        assert once
        self.given.append((path, account))
        return {}

    def rarely(self) -> Rarely:
        return Rarely(cast("Platform", self), self.command)


def story_that(wanted: Callable[[Story], bool]) -> Story:
    return next(story for story in STORIES if wanted(story))


def hazard(**fields: Any) -> dict[str, Any]:
    return {"hazard_id": "h", "number": "140502-2026-000001", "sent_up_to": None, "reopened_count": 0, **fields}


async def test_a_matter_is_with_the_city_until_it_is_handed_back_and_then_it_goes_its_way() -> None:
    ledger, story = Ledger(), story_that(lambda each: each.is_sent_up)
    rarely = ledger.rarely()
    assert await rarely.consults(hazard(), story)
    assert not await rarely.consults(hazard(sent_up_to="city"), story)
    assert not await rarely.consults(hazard(), story)
    assert ledger.given == [("escalate", f"regulator-{story.county}-1"), ("hand-back", "city-office-1")]
    assert not await Ledger().rarely().consults(hazard(), story_that(lambda each: not each.is_sent_up))
    assert await Ledger(409).rarely().consults(hazard(sent_up_to="city"), story)


@pytest.mark.parametrize("given", [True, False])
async def test_more_time_is_asked_for_by_one_and_decided_by_another(given: bool) -> None:  # noqa: FBT001
    ledger = Ledger()
    story = story_that(lambda each: each.asks_for_time and each.is_given_time is given)
    rarely = ledger.rarely()
    for _ in range(2):
        await rarely.keeps_time(hazard(), story, TODAY)
    asker, decider = (f"regulator-{story.county}-{number}" for number in (2, 1))
    assert ledger.given == [("request-extension", asker), ("extend" if given else "refuse-extension", decider)]


async def test_a_day_that_was_typed_wrongly_is_set_right_by_the_city() -> None:
    ledger, story = Ledger(), story_that(lambda each: each.is_mistyped)
    assert as_typed(story, TODAY) > TODAY
    await ledger.rarely().keeps_time(hazard(), story, TODAY)
    assert ledger.given == [("correct-deadline", "city-regulator-1")]
    assert as_typed(story_that(lambda each: not each.is_mistyped), TODAY) == TODAY


async def test_what_was_merged_is_taken_out_once() -> None:
    ledger, story = Ledger(), story_that(lambda each: each.is_split)
    rarely = ledger.rarely()
    for _ in range(2):
        await rarely.splits(hazard(), story)
    assert ledger.given == [("unmerge", f"regulator-{story.county}-1")]


async def test_the_case_of_a_false_closure_is_concluded_under_its_number() -> None:
    ledger = Ledger()
    await ledger.rarely().traces_back(hazard(), {"reason": "未实施", "deadline_on": TODAY.isoformat()})
    case = "/v1/accountability-cases/ZR-140502-2026-000001-1/conclude"
    assert ledger.given == [("mark-false", "city-regulator-1"), (case, "city-office-1")]
    refused = Ledger(409)
    await refused.rarely().traces_back(hazard(), {"reason": "未实施"})
    assert [verb for verb, _ in refused.given] == ["mark-false"]
