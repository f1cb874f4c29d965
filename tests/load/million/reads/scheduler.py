"""What is asked of the scheduler."""

from __future__ import annotations

from typing import Any, Final

from tests.load.million.reads.read import COUNTY, Kind, Read, lists

_NARROWED: Final[list[dict[str, Any]]] = [
    {"county": COUNTY},
    {"unit": "transport"},
    {"lead": "transport", "state": "assigned"},
    {"lead": "transport", "county": COUNTY, "owed": True},
    {"owed": True},
    {"owed": True, "late": True},
    {"owed": False, "due_from": "2026-05-01"},
    {"member": "unit-7"},
    {"duty": "duty-9", "period": "2026-05"},
    {"plan": "plan-3"},
    {"campaign": "campaign-0"},
    {"kind": "drill", "state": "waived"},
    {"state": "returned"},
    {"late": True, "state": "assigned"},
    {"due_from": "2026-04-01", "due_to": "2026-04-30"},
    {"county": COUNTY, "due_from": "2026-04-01", "kind": "meeting"},
]
_WORDS: Final = [{"q": word} for word in ("燃气", "没有", "RW-2026-177", "会", "{serial}")]
_COUNTED: Final[list[dict[str, Any]]] = [
    {},
    *(
        {"group_by": group}
        for group in (
            "county",
            "lead_unit",
            "kind",
            "state",
            "late",
            "plan",
            "campaign",
            "phase",
            "duty_id",
            "period",
        )
    ),
    {"county": COUNTY, "group_by": "state"},
    {"owed": True, "group_by": "lead_unit"},
    {"plan": "plan-3", "group_by": "state"},
    {"due_from": "2026-04-01", "due_to": "2026-04-30", "group_by": "lead_unit"},
    {"unit": "transport", "state": "assigned"},
    {"member": "unit-7"},
    {"campaign": "campaign-0", "kind": "drill", "late": True},
    {"duty": "duty-9", "period": "2026-05"},
    {"lead": "transport"},
    {"q": "燃气"},
    {"q": "没有"},
    {"q": "燃气", "county": COUNTY, "group_by": "state"},
]


def _tasks() -> list[Read]:
    route = "/v1/tasks"
    return [
        *lists(route, *_NARROWED, who=("city", "county", "sector", "machine")),
        *(Read(route=route, kind=Kind.SEARCH, asked=each) for each in _WORDS),
        *(Read(route=route, who=who, kind=Kind.SEARCH, asked={"q": "燃气"}) for who in ("county", "sector")),
        # From an index alone, which holds each task that is counted.
        *(Read(route=f"{route}/count", kind=Kind.COUNT, asked=each, blocks=6_000) for each in _COUNTED),
        *(
            Read(route=f"{route}/count", who=who, kind=Kind.COUNT, asked={"group_by": "state"})
            for who in ("county", "sector")
        ),
    ]


SCHEDULER: Final = [
    *_tasks(),
    *lists(
        "/v1/deadlines",
        {"county": COUNTY},
        {"sector": "coal_mine"},
        {"state": "armed"},
        {"state": "raised"},
        {"state": "excused"},
        {"county": COUNTY, "state": "armed"},
        {"due_before": "2026-06-10T00:00:00Z", "state": "armed"},
        who=("city", "county", "sector"),
    ),
    *lists(
        "/v1/follow-ups",
        {"kind": "look_back"},
        {"open": True},
        {"open": False},
        {"late": True},
        {"county": COUNTY, "open": True},
        who=("city", "county", "sector"),
    ),
    *lists(
        "/v1/trainings",
        {"enterprise": "{enterprise}"},
        {"task": "task-1"},
        {"since": "2026-03-01", "until": "2026-04-01"},
        who=("city", "office", "enterprise"),
    ),
]
