"""The audit of stop orders finds a hazard that was closed while it stood still, and orders that don't fit each other."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from deploy.demo.audit.case import Case, Evidence
from deploy.demo.audit.stopped import what_was_stopped_was_resumed_before_it_was_closed

pytestmark = pytest.mark.feature("SY42")


class Told:
    """A case whose ledger recorded just these events of one hazard; nobody planned to stop anything."""

    def __init__(self, *kinds: str) -> None:
        history: list[dict[str, Any]] = [
            {
                "hazard_id": "h",
                "version": version,
                "type": f"duban.{kind}.v1",
                "payload": json.dumps({"review": "属实"}),
            }
            for version, kind in enumerate(kinds, start=1)
        ]
        self.stories: dict[str, Any] = {}
        self._evidence = Evidence(history[::-1], {"h": {"number": "140502-2026-000001"}})

    async def evidence(self) -> Evidence:
        return self._evidence


STOPPED, RESUMED, CLOSED = "enterprise.stopped", "enterprise.resumed", "hazard.closed"


@pytest.mark.parametrize(
    ("kinds", "wrong"),
    [
        ([STOPPED, RESUMED, CLOSED], None),
        ([STOPPED, RESUMED, STOPPED], None),
        ([CLOSED], None),
        ([STOPPED, CLOSED], "未恢复即销号"),
        ([STOPPED, STOPPED], "重复停产"),
        ([RESUMED], "恢复有误"),
    ],
)
async def test_a_stop_order_that_broke_a_rule_is_found(kinds: list[str], wrong: str | None) -> None:
    line = await what_was_stopped_was_resumed_before_it_was_closed(cast("Case", Told(*kinds)))
    assert line.holds is (wrong is None)
    assert (wrong or "") in line.detail
