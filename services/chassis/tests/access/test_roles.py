"""The roles are those of the published vocabulary, no more and no fewer."""

from __future__ import annotations

from dataclasses import dataclass

from duban_contracts.vocabulary import ROLES
from services.chassis.access import roles
from services.chassis.access.roles import EVERYBODY, REGULATORS, Role, holds


def test_the_roles_are_those_of_the_vocabulary() -> None:
    assert [role.value for role in Role] == [term.code for term in ROLES]


def test_the_groups_of_one_role_and_their_unions_cover_everybody() -> None:
    groups = {name: group for name, group in vars(roles).items() if isinstance(group, frozenset)}
    assert frozenset().union(*(group for name, group in groups.items() if name != "EVERYBODY")) == EVERYBODY


def test_no_group_that_reads_cases_holds_an_operator_or_a_tip_officer() -> None:
    for group in (roles.CASE_STAFF, roles.CITY_STAFF, roles.REGULATORS, roles.OFFICES):
        assert not group & {Role.OPERATOR, Role.TIP_OFFICER, Role.INTEGRATOR}


@dataclass(frozen=True)
class Somebody:
    role: str


def test_somebody_holds_a_role_or_does_not() -> None:
    assert holds(Somebody("county_regulator"), REGULATORS)
    assert not holds(Somebody("county_office"), REGULATORS)
    assert not holds(Somebody("system"), EVERYBODY)
    assert not holds(Somebody(""), EVERYBODY)
