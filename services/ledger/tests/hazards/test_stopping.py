"""责令停产停业: who orders it and who lifts it, after which review; and nothing stopped is closed (SY42, DOMAIN §3 row 14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest

from duban_contracts.events.types import Actor, Grade, HazardState, StopKind, StopScope
from services.chassis.access.roles import REGULATORS, Role
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import Merge, Resume, Stop
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CLOSE,
    COUNTY,
    ENTERPRISE,
    RETURN,
    SUBMIT,
    TODAY,
    confirmed,
    does,
    in_review,
    new_hazard,
    refusal,
    refused,
)

STOP: Final = Stop(document="城应急停〔2026〕1号", kind=StopKind.PRODUCTION, scope=StopScope.WHOLE, since=TODAY)
RESUME: Final = Resume(review="经审查，隐患已排除")
BUREAU: Final = Actor(account="bureau-1", role=Role.COUNTY_REGULATOR, unit="emergency_management")
BUREAU_2: Final = Actor(account="bureau-2", role=Role.COUNTY_REGULATOR, unit="emergency_management")
FIRE: Final = Actor(account="fire-1", role=Role.COUNTY_REGULATOR, unit="fire_rescue")
CITY_BUREAU: Final = Actor(account="city-bureau-1", role=Role.CITY_REGULATOR, unit="emergency_management")
CITY_FIRE: Final = Actor(account="city-fire-1", role=Role.CITY_REGULATOR, unit="fire_rescue")


def stopped(by: Actor = BUREAU, hazard: Hazard | None = None, **said: Any) -> Hazard:
    return does(hazard or confirmed(), (msgspec.structs.replace(STOP, **said), by))


@pytest.mark.feature("SY42")
def test_an_order_names_document_authority_scope_and_day_and_leaves_the_hazard_where_it_stands() -> None:
    hazard = stopped(scope=StopScope.PART, part="一车间反应釜", kind=StopKind.USE)
    order = hazard.stopped
    assert order is not None
    assert (order.number, order.kind, order.scope, order.part) == (1, "use", "part", "一车间反应釜")
    assert (order.authority, order.county, order.document) == ("emergency_management", hazard.county, STOP.document)
    assert (order.since, hazard.state, hazard.deadline_on) == (TODAY, HazardState.CONFIRMED, confirmed().deadline_on)


@pytest.mark.feature("SY42")
def test_what_was_stopped_is_closed_after_it_may_go_on_and_not_before() -> None:
    waiting = does(stopped(), (SUBMIT, ENTERPRISE))
    found = refused(waiting, CLOSE, COUNTY)
    assert (found.code, found.status) == ("stop-not-lifted", 409)
    assert STOP.document in found.message
    assert does(waiting, (RESUME, BUREAU_2), (CLOSE, COUNTY)).state is HazardState.CLOSED


@pytest.mark.parametrize("actor", [BUREAU, BUREAU_2, CITY_BUREAU, CITY])
def test_who_ordered_it_or_the_authority_above_lifts_it(actor: Actor) -> None:
    assert does(stopped(), (SUBMIT, ENTERPRISE), (RESUME, actor)).stopped is None


@pytest.mark.parametrize("actor", [FIRE, COUNTY, CITY_FIRE])
def test_nobody_else_lifts_it(actor: Actor) -> None:
    waiting = does(stopped(), (SUBMIT, ENTERPRISE))
    assert refusal(waiting, RESUME, actor) == "stopped-by-another-authority"


def test_what_the_city_ordered_no_county_lifts() -> None:
    waiting = does(stopped(CITY_BUREAU), (SUBMIT, ENTERPRISE))
    assert refusal(waiting, RESUME, BUREAU) == "stopped-by-another-authority"
    assert does(waiting, (RESUME, CITY_BUREAU)).stopped is None


def test_it_is_lifted_after_something_was_handed_in_and_by_another_than_handed_that_in() -> None:
    assert refusal(stopped(), RESUME, BUREAU) == "state-conflict"
    returned = does(stopped(), (SUBMIT, ENTERPRISE), (RETURN, COUNTY))
    assert refusal(returned, RESUME, BUREAU) == "state-conflict"
    assert refusal(does(stopped(), (SUBMIT, BUREAU)), RESUME, BUREAU) == "submitter-may-not-review"
    assert refusal(in_review(), RESUME, BUREAU) == "not-stopped"


def test_one_order_holds_at_a_time_and_each_has_its_number() -> None:
    assert refusal(stopped(), STOP, FIRE) == "already-stopped"
    again = does(stopped(), (SUBMIT, ENTERPRISE), (RESUME, BUREAU), (STOP, FIRE))
    assert again.stopped is not None
    assert (again.stopped.number, again.stop_count) == (2, 2)


def test_scope_and_day_are_those_of_an_order_that_can_be() -> None:
    for said in ({"scope": StopScope.PART}, {"part": "一车间"}):
        assert refusal(confirmed(), msgspec.structs.replace(STOP, **said), BUREAU) == "stop-part-mismatch"
    for day in (confirmed().found_on - timedelta(days=1), TODAY + timedelta(days=1)):
        assert refusal(confirmed(), msgspec.structs.replace(STOP, since=day), BUREAU) == "stop-day-out-of-range"
    assert refusal(new_hazard(), STOP, BUREAU) == "state-conflict"


def test_what_is_stopped_is_merged_into_nothing() -> None:
    survivor = msgspec.structs.replace(confirmed(Grade.MAJOR), hazard_id="h-2")
    assert refusal(stopped(), Merge(survivor=survivor, reason="同一隐患"), CITY_2) == "survivor-is-milder"


@pytest.mark.parametrize("role", sorted(set(Role) - REGULATORS))
def test_stopping_and_resuming_are_a_regulators(role: Role) -> None:
    somebody = Actor(account="x", role=role, unit="emergency_management")
    assert refusal(confirmed(), STOP, somebody) == "role-not-allowed"
    assert refusal(does(stopped(), (SUBMIT, ENTERPRISE)), RESUME, somebody) == "role-not-allowed"
