"""Experts and inspections for the tests; every name and enterprise is invented."""

from __future__ import annotations

from typing import Any, Final

from duban_contracts.events.tasks import Member, MemberKind
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tests.tasks.stage import report

MINE: Final = "91140521XXXX00078M"
OTHER_MINE: Final = "91140522XXXX001235"


def expert(expert_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "expert_id": expert_id,
        "name": f"某专家{expert_id}（虚构）",
        "sectors": ["coal_mine"],
        "valid_from": "2024-01-01",
        **fields,
    }


def inspection(**changed: Any) -> PlannedTask:
    """Return the inspection of a mine, due on Monday 1 June 2026."""
    mine = Member(kind=MemberKind.ENTERPRISE, code=MINE, name="煤矿（虚构）")
    return report(**{"kind": "inspection", "county": "140521", "member": mine, **changed})
