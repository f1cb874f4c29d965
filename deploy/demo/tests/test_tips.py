"""The tips of the demo are the same for one seed, one of each kind; their audit finds a tip that went astray."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from deploy.demo.audit.case import Case, Evidence
from deploy.demo.audit.tips import every_tip_went_its_way
from deploy.demo.play import without
from deploy.demo.tips import Kind, Tip, TipBook, write_tips
from duban_contracts.profile import load_city

CITY = load_city(Path(__file__).parents[2] / "profiles" / "jincheng")


def tips(seed: int = 1, hazards: int = 360) -> list[Tip]:
    return write_tips(CITY, seed=seed, hazards=hazards, seconds=50)


def test_the_same_seed_tells_the_same_tips_and_there_is_one_of_each_kind() -> None:
    assert tips(7) == tips(7)
    assert tips(7) != tips(8)
    assert {tip.kind for tip in tips(hazards=10)} == set(Kind)


def test_nobody_tips_about_an_enterprise_of_a_county_in_which_nobody_plays() -> None:
    told = write_tips(CITY, seed=82, hazards=3000, seconds=50)
    away = {tip.county for tip in told[: len(told) // 2]}
    left = CITY.counties[-1].code
    away.discard(left)
    rest = without(CITY, away)
    assert {tip.county for tip in told} & away
    assert not {tip.county for tip in write_tips(rest, seed=82, hazards=3000, seconds=50)} & away
    assert not {region.parent for region in rest.regions} & away


def test_one_person_tells_two_departments_of_one_enterprise_and_all_others_are_others() -> None:
    first, again, *others = tips()
    assert (first.name, first.phone, first.enterprise) == (again.name, again.phone, again.enterprise)
    assert first.unit != again.unit
    people = [tip.phone for tip in (first, *others)]
    assert len(set(people)) == len(people)
    assert not {first.name, *(tip.name for tip in others)} & {tip.content for tip in tips()}


class Told:
    """A case in which tips went as they should, but for what a test says otherwise."""

    def __init__(self, **otherwise: Any) -> None:
        told = {f"JB-{place}": tip for place, tip in enumerate(tips(hazards=10))}
        self.tips = TipBook(tips=told, rewards={"JB-0": "paid", "JB-1": "refused", "JB-3": "paid", "JB-4": "paid"})
        found = {number: {"number": number, "told_at": "x", "answered_at": "x"} for number in told}
        rewards = [{"tip_number": number, "state": state} for number, state in self.tips.rewards.items()]
        self._pages = {"/v1/tips": [*found.values()], "/v1/rewards": rewards} | otherwise.get("pages", {})
        verified = [number for number, tip in told.items() if tip.kind is not Kind.UNFOUNDED]
        self._hazards = [
            {"reference": f"tip/{number}", "channel": "verified_tip"} for number in otherwise.get("verified", verified)
        ]

    @property
    def platform(self) -> Told:
        return self

    async def pages(self, _: str, path: str, __: str, **___: object) -> AsyncIterator[dict[str, Any]]:
        for item in self._pages[path]:
            yield item

    async def evidence(self) -> Evidence:
        return Evidence([], {str(place): hazard for place, hazard in enumerate(self._hazards)})


FOUND = [{"number": f"JB-{place}", "told_at": "x", "answered_at": "x"} for place in range(5)]


@pytest.mark.feature("SY33")
@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (Told(), None),
        (Told(verified=["JB-0", "JB-1", "JB-2", "JB-3", "JB-4"]), "JB-2 与台账不符"),
        (Told(verified=["JB-0", "JB-1", "JB-4"]), "JB-3 与台账不符"),
        (Told(pages={"/v1/tips": FOUND[:4]}), "受理 5 件，库中 4 件"),
        (Told(pages={"/v1/tips": [{**FOUND[0], "told_at": None}, *FOUND[1:]]}), "JB-0 未反馈"),
        (Told(pages={"/v1/tips": [*FOUND[:3], {**FOUND[3], "answered_at": None}, FOUND[4]]}), "JB-3 未反馈或未答复"),
        (
            Told(pages={"/v1/rewards": [{"tip_number": f"JB-{place}", "state": "paid"} for place in (0, 1, 3, 4)]}),
            "同一人两处申领：paid、paid",
        ),
        (
            Told(
                pages={
                    "/v1/rewards": [
                        {"tip_number": number, "state": state}
                        for number, state in (("JB-0", "paid"), ("JB-1", "refused"), ("JB-3", "paid"), ("JB-3", "paid"))
                    ]
                }
            ),
            "JB-3 奖励 2 次",
        ),
    ],
)
async def test_a_tip_that_went_astray_is_found(told: Told, wrong: str | None) -> None:
    line = await every_tip_went_its_way(cast("Case", told))
    assert line.holds is (wrong is None), line.detail
    assert (wrong or "") in line.detail
