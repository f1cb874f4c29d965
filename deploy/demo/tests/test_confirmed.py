"""The audit of confirmations finds a major hazard without a clause, and one that a single person confirmed."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from deploy.demo.audit.case import Case, Evidence
from deploy.demo.audit.confirmed import what_is_major_was_confirmed_as_the_city_asks


def record(kind: str, account: str, **payload: Any) -> dict[str, Any]:
    said = {"actor": {"account": account}, "hazard": {"channel": "self_report"}, "grade": "major", **payload}
    return {"hazard_id": "h", "type": f"duban.hazard.{kind}.v1", "payload": json.dumps(said)}


class Told:
    """A case whose ledger recorded just this."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self._evidence = Evidence(records, {"h": {"number": "140502-2026-000001"}})

    async def evidence(self) -> Evidence:
        return self._evidence


CITED = {"criterion_text": "示例条款"}


@pytest.mark.parametrize(
    ("records", "wrong"),
    [
        ([record("first_confirmed", "a"), record("confirmed", "b", **CITED)], None),
        ([record("first_confirmed", "a"), record("confirmed", "a", **CITED)], "未经两级确认"),
        ([record("first_confirmed", "a", grade="general"), record("confirmed", "b", **CITED)], "未经两级确认"),
        ([record("confirmed", "b", **CITED)], "未经两级确认"),
        ([record("first_confirmed", "a"), record("confirmed", "b")], "未引用条款"),
        ([record("confirmed", "b", grade="general")], None),
    ],
)
async def test_a_confirmation_that_broke_a_rule_is_found(records: list[dict[str, Any]], wrong: str | None) -> None:
    line = await what_is_major_was_confirmed_as_the_city_asks(cast("Case", Told(*records)))
    assert line.holds is (wrong is None)
    assert (wrong or "") in line.detail
