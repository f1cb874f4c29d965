"""What a finding may say, and where: the rules of 隐患上报, and the area of whoever inspects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.claims import HazardReported
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.events.findings import FindingRejected
from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.events.types import Channel, Enterprise, Grade
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import report
from duban_contracts.testing.findings import INSPECTOR, finding, found, inspection
from services.chassis.access.roles import Role
from services.ledger.claims.model import decisions
from services.ledger.claims.model.decisions import Recorded, Repeated
from services.ledger.findings import model
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.tests.people import CITY, FOREIGN, HOME
from services.ledger.tests.telling import NOON, by, confirmed

pytestmark = pytest.mark.feature("SY09")
OF_THE_CITY = inspection("RW2026-0000000001", county="140500", unit="fire_rescue")


def registered(one: InspectionFinding, task: Any = None) -> Hazard:
    said = found(one, of=task)
    claim = model.screen(said, CITY)
    assert isinstance(claim, HazardReported), claim
    made = decisions.report(claim, "h-1", "n-1", None, by(model.inspector(said)), found_by=model.inspection(said))
    return evolve(None, made.event)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"sector": "no_such_sector"}, "unknown-term", "$.sector"),
        ({"found_on": june(3)}, "found-in-future", "$.found_on"),
        ({"found_on": june(1).replace(year=1990)}, "date-too-early", "$.found_on"),
        ({"place": "\u200b"}, "blank-text", "$.place"),
        ({"description": "A\u202eB"}, "control-character", "$.description"),
        ({"county": FOREIGN}, "finding-outside-area", "$.county"),
        ({"county": "999999"}, "finding-outside-area", "$.county"),
    ],
)
def test_what_no_county_may_report_no_inspection_may_either(fields: dict[str, Any], code: str, field: str) -> None:
    said = model.screen(found(finding(**fields)), CITY)
    assert isinstance(said, Refusal)
    assert (said.code, said.field) == (code, field)


def test_a_unit_of_the_city_inspects_in_every_county_and_nowhere_else() -> None:
    for county in (HOME, FOREIGN):
        assert isinstance(model.screen(found(finding(county=county), of=OF_THE_CITY), CITY), HazardReported)
    for county in ("140500", "140600"):
        assert isinstance(model.screen(found(finding(county=county), of=OF_THE_CITY), CITY), Refusal)


TEXTS = st.text(min_size=1, max_size=60)


@given(
    st.builds(
        finding,
        reference=st.text(min_size=1, max_size=45),
        county=st.sampled_from([HOME, FOREIGN, "140500", "1"]),
        sector=st.sampled_from(["industry_trade", "hazchem", "", "unheard_of"]),
        enterprise=st.builds(Enterprise, name=TEXTS),
        place=TEXTS,
        description=TEXTS,
        found_on=st.dates(june(1) - timedelta(days=9000), june(4)),
        suggested_grade=st.sampled_from([None, *Grade]),
        township=st.none() | TEXTS,
    ),
    st.sampled_from([inspection(), OF_THE_CITY]),
)
def test_what_is_taken_becomes_a_hazard_that_says_the_same_and_is_confirmed_by_nobody(
    one: InspectionFinding, task: Any
) -> None:
    if isinstance(model.screen(found(one, of=task), CITY), Refusal):
        return
    hazard = registered(one, task)
    for name in ("county", "sector", "enterprise", "place", "description", "found_on", "suggested_grade", "township"):
        assert getattr(hazard, name) == getattr(one, name)
    assert (hazard.channel, hazard.grade, hazard.confirmed_at) == (Channel.INSPECTION, None, None)
    assert hazard.reference == f"{task.number}/{one.reference}"
    assert hazard.found_by is not None
    assert (hazard.found_by.task_id, hazard.found_by.unit) == (task.task_id, task.unit)
    assert task.county in {CITY.code, hazard.county}


def test_the_unit_reports_in_its_own_name_also_where_the_office_files_for_it() -> None:
    said = found(finding(), of=inspection(unit="fire_rescue"))
    actor = model.inspector(said)
    assert (actor.account, actor.role, actor.unit) == (INSPECTOR.account, Role.COUNTY_REGULATOR, "fire_rescue")


def test_a_finding_is_corrected_by_its_task_alone() -> None:
    hazard = registered(finding())
    again, other = found(finding(place="三号车间"), filing=2), found(finding(), of=inspection("RW2026-0000000009"))

    def decided(said: Any) -> Any:
        claim = model.screen(said, CITY)
        assert isinstance(claim, HazardReported)
        stamp = by(model.inspector(said), received_at=NOON + timedelta(days=1))
        return decisions.report_again(hazard, claim, None, stamp, found_by=model.inspection(said))

    assert isinstance(decided(found(finding())), Repeated)
    corrected = decided(again)
    assert isinstance(corrected, Recorded)
    assert corrected.outcome is ClaimOutcome.CORRECTED
    assert evolve(hazard, corrected.event).found_by == hazard.found_by
    assert decided(other).code == "reference-of-another"
    county = decisions.report_again(hazard, report(hazard.reference), None, by(decisions.integrator(HOME)))
    assert isinstance(county, Refusal)
    assert county.code == "reference-of-another"


def test_an_inspection_does_not_overwrite_what_a_county_reported() -> None:
    said = found(finding())
    claim = model.screen(said, CITY)
    assert isinstance(claim, HazardReported)
    decision = decisions.report_again(
        confirmed(), claim, None, by(model.inspector(said)), found_by=model.inspection(said)
    )
    assert isinstance(decision, Refusal)
    assert decision.code == "reference-of-another"


def test_a_task_is_told_of_a_refused_finding_in_whole() -> None:
    said = found(finding(sector="no_such_sector"))
    refused = model.screen(said, CITY)
    assert isinstance(refused, Refusal)
    assert model.rejection(said, refused, NOON) == FindingRejected(
        task=said.task.as_subject(),
        reference=said.finding.reference,
        filing=said.filing,
        code="unknown-term",
        message=refused.message,
        field="$.sector",
        rule=refused.rule,
        rejected_at=NOON,
    )
    plain = model.rejection(said, Refusal("finding-refused", "不予受理", None, None), NOON)
    assert (plain.field, plain.rule) == (None, None)
    broken = model.rejection(said, Refusal("finding-refused", "不予受理", "a\x00b", "c\x00d"), NOON)
    assert "\x00" not in f"{broken.field}{broken.rule}"


def test_the_inspection_is_named_as_the_origin_and_the_unit_as_who_reports() -> None:
    said = found(finding())
    origin, hand = model.inspection(said), model.inspector(said)
    assert (origin.task_id, origin.task_number, origin.unit) == (said.task.task_id, said.task.number, said.task.unit)
    assert (hand.account, hand.role, hand.unit) == (said.actor.account, said.actor.role, said.task.unit)
