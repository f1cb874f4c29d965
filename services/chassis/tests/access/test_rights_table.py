"""docs/rights.md shows what the services do today, to readers of both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi import FastAPI

from duban_contracts.vocabulary import ROLES
from services.chassis.access.policy import GuardedRoute, Reach, routes_of
from services.chassis.access.roles import CITY_STAFF, Role
from services.chassis.rights import table
from services.chassis.tests.access import example


@pytest.mark.feature("SY65")
def test_every_endpoint_stands_there_with_its_action_roles_and_scope(app: FastAPI) -> None:
    text = table({"example": routes_of(app, "example")})
    line = next(line for line in text.splitlines() if "`GET /v1/export`" in line)
    assert "导出全部事项<br>`example.things.export`" in line
    assert all(f"{ROLES.name(role)} `{role}`" in line for role in CITY_STAFF)
    assert "`operator`" not in line
    assert "限全市账号" in line
    assert "| 公开，无需密钥<br>open to anybody | `GET /v1/about` 关于 | — | — |" in text
    assert "`GET /v1/things/{name}` 一件事项 *" in text, "an action that is asked beside the endpoint's own"


def test_the_matrix_has_a_column_for_each_role_and_a_row_for_each_action(app: FastAPI) -> None:
    matrix = table({"example": routes_of(app, "example")}).partition("## 操作与角色")[2]
    rows = [line for line in matrix.splitlines() if line.startswith("|")]
    assert [len(row.split("|")) for row in rows] == [len(Role) + 3] * len(rows)
    watch = next(row for row in rows if "example.things.watch" in row)
    assert [bool(cell.strip()) for cell in watch.split("|")[2:-1]] == [role is Role.OPERATOR for role in Role]
    assert len(rows) == 2 + 8


def test_every_reach_is_explained_in_both_languages() -> None:
    text = table({})
    assert all(f"| `{reach}` | " in text for reach in Reach)


def test_two_actions_of_one_name_are_refused() -> None:
    other = replace(example.READ, zh="别的")
    routes = [GuardedRoute("GET", path, "", action) for path, action in (("/a", example.READ), ("/b", other))]
    with pytest.raises(ValueError, match=r"two actions are called example\.things\.read"):
        table({"example": routes})
