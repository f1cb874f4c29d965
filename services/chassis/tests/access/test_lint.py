"""Nobody outside access decides by area, sector or role; the lint finds every form in which it could be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.chassis.access.lint import check, modules

SERVICES = Path(__file__).parents[3]
IMPORTS = (
    "from services.chassis.access.roles import REGULATORS, Role, holds\nfrom services.chassis.access import roles\n"
)


@pytest.mark.feature("SY65")
def test_it_looks_at_the_services_and_not_at_access_or_tests() -> None:
    looked_at = {path.relative_to(SERVICES).as_posix() for path in modules(SERVICES)}
    assert "chassis/web/app.py" in looked_at
    assert any(path.startswith("notifications/letters/") for path in looked_at)
    assert not any("/tests/" in path or path.startswith("chassis/access/") for path in looked_at)


@pytest.mark.parametrize(
    "line",
    [
        "county if principal.area.endswith('00') else principal.area",
        "not principal.sectors or sector in principal.sectors",
        "caller.principal.role != OPERATOR",
        "getattr(who, 'role')",
        "getattr(who, 'area', None)",
        "who == 'city_office'",
        "READERS = ('county_regulator', other)",
        "who is Role.OPERATOR",
        "who in {Role.OPERATOR, Role.OBSERVER}",
        "who in REGULATORS",
        "who not in REGULATORS | other",
        "who in roles.REGULATORS",
        "who == roles.Role.OPERATOR",
        "by.county == letter.county",
        "letter.county != by.county",
        "by.actor.unit in {None, letter.unit}",
        "{county, other} != {caller.county}",
        "caller.principal.enterprise is row.enterprise",
        "match who:\n    case Role.OPERATOR:\n        pass",
        "match who:\n    case 'operator':\n        pass",
    ],
)
def test_a_decision_is_found(line: str) -> None:
    assert [number for number, _ in check(IMPORTS + line)], line
    assert all(number >= 3 for number, _ in check(IMPORTS + line))


@pytest.mark.parametrize(
    "line",
    [
        "READ = Action('a.b.read', '查看', roles=REGULATORS | {Role.CITY_OFFICE})",
        "CLOSE = Move('close', zh='销号', roles=REGULATORS, major=frozenset({Role.CITY_REGULATOR}))",
        "if not holds(actor, move.roles): pass",
        "conditions, values = caller.scope.where(COLUMNS)",
        "principal.account == other",
        "is_of(by.unit, letter.unit)",
        "by.county is None or by.enterprise is not None",
        "letter.county == hazard.county",
        "filter.sector == 'coal_mine'",
        "text = 'the operator decides'",
        "row = Account(role=asked, area=code)",
    ],
)
def test_a_declaration_and_a_question_pass(line: str) -> None:
    assert check(IMPORTS + line) == []


def test_a_field_of_the_same_name_that_is_no_principals_is_listed_with_its_module() -> None:
    assert check("job.role", "chassis/assembly.py") == []
    assert check("job.role", "ledger/hazards/http.py")
