"""The audit of 二级确认提示函 finds one too many, one of nobody, one that never went out, and that nobody was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.demo.audit.prompted import asked_by, compared


def record(kind: str, hazard: str = "h", **payload: Any) -> dict[str, Any]:
    return {"hazard_id": hazard, "type": f"duban.hazard.{kind}.v1", "payload": json.dumps(payload)}


def letter(state: str = "delivered", recalled_at: str | None = None) -> dict[str, Any]:
    return {"number": "1号", "state": state, "recalled_at": recalled_at, "about": {"id": "h", "number": "N-1"}}


def test_a_first_level_asks_and_asks_again_when_its_hazard_is_taken_out_of_another() -> None:
    told = [record("first_confirmed"), record("merged"), record("unmerged", first_confirmed={"grade": "major"})]
    plain = [record("confirmed", "g"), record("unmerged", "g", first_confirmed=None)]
    assert asked_by([*told, *plain]) == {"h": 2}


@pytest.mark.parametrize(
    ("asked", "letters", "wrong"),
    [
        (1, [letter()], None),
        (1, [], None),
        (2, [letter("failed", "2026-06-01T04:00:00Z"), letter()], None),
        (1, [letter("issued", "2026-06-01T04:00:00Z")], None),
        (1, [letter(), letter()], "提示函 2 封，一级确认 1 次"),
        (0, [letter()], "一级确认 0 次"),
        (1, [letter("issued")], "未送"),
        (3, [], "没有一封"),
    ],
)
def test_what_is_wrong_is_named(asked: int, letters: list[dict[str, Any]], wrong: str | None) -> None:
    found = compared({"h": asked}, {"h": letters} if letters else {})
    assert bool(found) is (wrong is not None)
    assert (wrong or "") in "".join(found)
