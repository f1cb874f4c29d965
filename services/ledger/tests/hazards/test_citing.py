"""What is major is so by a clause of the criteria in force that day, where the city asks for one (S4 item 21)."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from duban_contracts.events.hazards import HazardConfirmed, HazardEvent, HazardRegraded
from duban_contracts.events.types import Channel, Grade
from duban_contracts.policies import ClauseDemand, Confirmation
from duban_contracts.refusals import Refusal
from services.ledger.criteria.model.standards import Clause, Standard
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.hazards.moves import Regrade, Stamp, decide, move_of
from services.ledger.tests.telling import CITY, CONFIRM, COUNTY, FIRST, MAJOR, RULES, by, confirmed, new_hazard

STANDARD = Standard(
    sector="hazchem",
    version="2023",
    title="示例判定标准（虚构）",
    in_force_on=date(2023, 5, 15),
    clauses=(Clause(code="3.2", text="示例条款"),),
)
CITED = msgspec.structs.replace(MAJOR, criterion="3.2")


def stamp(demand: ClauseDemand = ClauseDemand.WHERE_LISTED, *standards: Standard) -> Stamp:
    rules = msgspec.structs.replace(RULES, confirmation=Confirmation(clause=demand))
    return msgspec.structs.replace(by(CITY), rules=rules, criteria=standards)


def code(command: msgspec.Struct, at: Stamp, hazard: Hazard | None = None) -> str | None:
    decision = decide(hazard or new_hazard(), command, at)
    return decision.code if isinstance(decision, Refusal) else None


@pytest.mark.feature("SY37")
def test_confirming_as_major_cites_a_clause_of_the_version_in_force() -> None:
    at = stamp(ClauseDemand.WHERE_LISTED, STANDARD)
    event = decide(new_hazard(), CITED, at)
    assert isinstance(event, HazardConfirmed)
    assert (event.criterion, event.criterion_version, event.criterion_text) == ("3.2", "hazchem/2023", "示例条款")
    hazard = evolve(new_hazard(), event)
    assert (hazard.criterion, hazard.criterion_version) == ("3.2", "hazchem/2023")
    refused = decide(new_hazard(), MAJOR, at)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.status, refused.field) == ("clause-required", 422, "criterion")
    assert refused.message == "确认为重大事故隐患，须引用当日施行的判定标准（示例判定标准（虚构））的条款"
    assert code(msgspec.structs.replace(MAJOR, criterion="9"), at) == "unknown-clause"


@pytest.mark.feature("SY37")
def test_the_city_decides_whether_a_clause_is_demanded() -> None:
    assert code(MAJOR, stamp(ClauseDemand.WHERE_LISTED)) is None
    assert code(MAJOR, stamp(ClauseDemand.NEVER, STANDARD)) is None
    assert code(CITED, stamp(ClauseDemand.ALWAYS)) == "criteria-missing"
    assert code(CITED, stamp(ClauseDemand.ALWAYS, STANDARD)) is None
    # What is general is decided by nobody's list.
    assert code(CONFIRM, stamp(ClauseDemand.ALWAYS)) is None


@pytest.mark.feature("SY37")
def test_a_first_level_and_a_regrading_cite_as_well() -> None:
    at = stamp(ClauseDemand.WHERE_LISTED, STANDARD)
    own = new_hazard(Channel.SELF_REPORT)
    assert code(FIRST, msgspec.structs.replace(at, actor=COUNTY), own) == "clause-required"
    cited = msgspec.structs.replace(FIRST, criterion="3.2")
    assert code(cited, msgspec.structs.replace(at, actor=COUNTY), own) is None
    to_major = Regrade(grade=Grade.MAJOR, reason="重新认定")
    assert code(to_major, at, confirmed()) == "clause-required"
    event = decide(confirmed(), msgspec.structs.replace(to_major, criterion="3.2"), at)
    assert isinstance(event, HazardRegraded)
    major = evolve(confirmed(), event)
    assert (major.criterion, major.criterion_version) == ("3.2", "hazchem/2023")
    back = decide(major, Regrade(grade=Grade.GENERAL, reason="重新认定"), at)
    assert isinstance(back, HazardEvent)
    assert (evolve(major, back).criterion, evolve(major, back).criterion_version) == (None, None)


def test_only_what_finds_something_major_asks_for_criteria() -> None:
    assert move_of(CITED).asks_for_criteria(CITED)
    assert not move_of(CONFIRM).asks_for_criteria(CONFIRM)
