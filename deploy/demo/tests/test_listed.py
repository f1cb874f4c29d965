"""The audit of listings finds a hazard that was closed while listed, one that another lifted, and a listing late twice."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from deploy.demo.audit.case import Case, Evidence
from deploy.demo.audit.listed import what_is_listed_was_lifted_before_it_was_closed

pytestmark = pytest.mark.feature("SY29")


class Told:
    """A case whose ledger recorded just these events of one hazard: their kinds, and who acted in which role."""

    def __init__(self, *steps: tuple[str, str]) -> None:
        history: list[dict[str, Any]] = [
            {
                "hazard_id": "h",
                "version": version,
                "type": f"duban.hazard.{kind}.v1",
                "payload": json.dumps({"actor": {"role": role}}),
            }
            for version, (kind, role) in enumerate(steps, start=1)
        ]
        self._evidence = Evidence(history[::-1], {"h": {"number": "140502-2026-000001"}})

    async def evidence(self) -> Evidence:
        return self._evidence


LISTED, LIFTED, CLOSED = ("listed", "city_office"), ("delisted", "city_office"), ("closed", "city_regulator")
LATE = ("listing_overdue", "system")


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([LISTED, LATE, LIFTED, CLOSED], None),
        ([LISTED, LIFTED, LISTED, LATE], None),
        ([LISTED, CLOSED], "未解除即销号"),
        ([LISTED, ("delisted", "county_office"), CLOSED], "由他人解除"),
        ([LISTED, LATE, LATE], "挂牌逾期误标"),
        ([LISTED, LIFTED, LATE], "挂牌逾期误标"),
        ([CLOSED], "挂牌 0 次"),
    ],
)
async def test_a_listing_that_broke_a_rule_is_found(steps: list[tuple[str, str]], wrong: str | None) -> None:
    line = await what_is_listed_was_lifted_before_it_was_closed(cast("Case", Told(*steps)))
    assert line.holds is (wrong is None)
    assert (wrong or "") in line.detail
