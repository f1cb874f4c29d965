"""Principals trained and areas drilled in a year, by what accepted tasks recorded (SY11, SY13)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from duban_contracts.events.tasks import MemberKind
from services.scheduler.rosters.model import RosterMember
from services.scheduler.tasks.handlers.forms import load_forms
from services.scheduler.tasks.model.served import FiledForm, drilled, trained
from services.scheduler.tasks.moves import Accept, Submit
from services.scheduler.tasks.tables.served import accepted_forms
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.tasks.stage import CITY, COUNTY, OFFICE, OWNER, Stage, report


def enterprise(code: str, *areas: str) -> RosterMember:
    return RosterMember(
        kind=MemberKind.ENTERPRISE,
        code=code,
        name=f"{code}号企业（虚构）",
        county="140502",
        unit="enterprise",
        areas=areas,
    )


A, B, C = "91140502XXXX000192", "91140502XXXX00027W", "91140502XXXX00035P"
GROUP = [enterprise(A), enterprise(B), enterprise(C)]


def filings(*forms: dict[str, Any], county: str = COUNTY) -> list[FiledForm]:
    return [FiledForm(county, form) for form in forms]


def test_whoever_is_in_no_form_is_missing_and_a_site_is_known_by_code_or_name() -> None:
    reached = trained(GROUP, filings({"enterprises": [A]}, {"enterprises": [C, "91140502XXXX00099X"]}, {}))
    assert (reached.trained, reached.missing) == ((GROUP[0], GROUP[2]), (GROUP[1],))
    site, whole = enterprise(A, "一号罐区", "二号罐区"), enterprise(B)
    forms = filings({"site": A, "areas": ["一号罐区"]}, {"site": site.name, "areas": ["三号罐区"]}, {"site": B})
    first, second = drilled([site, whole], forms, city=CITY)
    assert (first.site, first.drills, first.drilled, first.missing) == (site, 2, ("一号罐区",), ("二号罐区",))
    assert (second.site, second.drills, second.drilled, second.missing) == (whole, 1, (whole.name,), ())
    [nothing] = drilled([whole], [], city=CITY)
    assert (nothing.drills, nothing.drilled, nothing.missing) == (0, (), (whole.name,))


async def filed(stage: Stage, kind: str, form: dict[str, Any], *, accepted: bool = True, ordinal: int = 1) -> None:
    task = report(duty_id=kind, kind=kind, ordinal=ordinal)
    stage.taskbook = replace(stage.taskbook, forms=load_forms(PROFILE))
    await stage.plan(task)
    await stage.tick()
    await stage.move(task, Submit(summary="已办", form=form), OWNER)
    if accepted:
        await stage.move(task, Accept(review="齐全"), OFFICE)


def training(*enterprises: str) -> dict[str, Any]:
    return {"sessions": 1, "hours": 8, "invited": 3, "attended": 3, "enterprises": list(enterprises)}


@pytest.mark.feature("SY11")
async def test_the_page_shows_trained_over_total_and_the_principals_still_missing(stage: Stage) -> None:
    await filed(stage, "training", training(A))
    await filed(stage, "training", training(A, C), ordinal=2)
    await filed(stage, "training", training(B), accepted=False, ordinal=3)
    async with stage.database.acquire() as connection:
        found = trained(GROUP, await accepted_forms(connection, "training", 2026))
        nothing = await accepted_forms(connection, "training", 2025)
    assert (len(found.trained), [member.code for member in found.missing]) == (2, [B]), "what is accepted counts, once"
    assert nothing == []


@pytest.mark.feature("SY13")
async def test_a_site_with_three_areas_and_one_drill_shows_two_areas_without_a_drill(stage: Stage) -> None:
    await filed(stage, "drill", {"site": A, "areas": ["甲区"], "participants": 60})
    async with stage.database.acquire() as connection:
        forms = await accepted_forms(connection, "drill", 2026)
    [site, whole, none] = drilled([enterprise(A, "甲区", "乙区", "丙区"), *GROUP[1:]], forms, city=CITY)
    assert (site.drills, site.drilled, site.missing) == (1, ("甲区",), ("乙区", "丙区"))
    assert (whole.drills, len(whole.missing), len(none.missing)) == (0, 1, 1), "a site without known areas is one area"


def test_a_site_may_be_named_by_its_name_and_an_unknown_area_serves_nobody() -> None:
    site = enterprise(A, "甲区")
    [found] = drilled([site], filings({"site": site.name, "areas": ["戊区"]}), city=CITY)
    assert (found.drills, found.missing) == (1, ("甲区",))


@pytest.mark.feature("SY13")
def test_a_drill_at_a_site_says_nothing_of_another_countys_site_of_the_same_name() -> None:
    here, there = (
        RosterMember(kind=MemberKind.ENTERPRISE, code=code, name="中心商场", county=county, unit="enterprise")
        for code, county in ((A, COUNTY), (B, "140521"))
    )
    form = {"site": "中心商场"}
    for county, drills in ((COUNTY, [1, 0]), ("140521", [0, 1]), ("140522", [0, 0]), (CITY, [0, 0])):
        assert [each.drills for each in drilled([here, there], filings(form, county=county), city=CITY)] == drills
    # The city may drill anywhere: by the code, or by a name that one site alone bears.
    assert [each.drills for each in drilled([here, there], filings({"site": B}, county=CITY), city=CITY)] == [0, 1]
    assert [each.drills for each in drilled([here], filings(form, county=CITY), city=CITY)] == [1]
