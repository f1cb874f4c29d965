"""The audit of what is done rarely finds what was left undone, done by one hand, or told on one side only."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from deploy.demo.audit.rarer import faults

_VERSIONS = itertools.count(1)
CASE: dict[str, Any] = {
    "case_number": "ZR-1",
    "enterprise": {"name": "示例企业（虚构）"},
    "reviewer_posts": [{"role": "city_regulator"}],
}


def record(
    kind: str, account: str = "a", hazard: str = "h", role: str = "city_office", **payload: Any
) -> dict[str, Any]:
    subject, _, _ = kind.partition(".")
    thing: dict[str, Any] = {f"{subject}_id": hazard, "number": "N-1", "look_back_on": "2027-01-01", "open_measures": 0}
    said = {"actor": {"account": account, "role": role}, subject: {**thing, **payload.pop("now", {})}, **payload}
    return {
        "hazard_id": hazard,
        "version": next(_VERSIONS),
        "type": f"duban.{kind}.v1",
        "payload": json.dumps(said, ensure_ascii=False),
    }


UP, BACK = record("hazard.escalated"), record("hazard.handed_back")
ASKED, GIVEN = record("hazard.extension_requested"), record("hazard.extended", "b")
OPENED, ENDED = record("hazard.accountability_opened", **CASE), record("hazard.accountability_concluded", **CASE)
SPLIT = record("hazard.unmerged")
GONE = record("hazard.source_removed", hazard="g", source={"hazard_id": "h"})
CLOSED = record("accident.closed", hazard="x")


@pytest.mark.parametrize(
    ("records", "wrong"),
    [
        ([UP, BACK, ASKED, GIVEN, OPENED, ENDED, SPLIT, GONE, CLOSED, record("accident.evaluated", "b", "x")], None),
        ([UP], None),
        ([UP, record("hazard.confirmed", role="city_regulator")], None),
        ([UP, record("hazard.confirmed", role="county_regulator")], "由县级决定"),
        ([BACK], "未提交即交回"),
        ([ASKED, record("hazard.extended", "a")], "自行决定"),
        ([record("hazard.extension_refused", "b")], "未经申请"),
        ([record("hazard.deadline_corrected", deadline_on="d", previous_deadline_on="d")], "未改"),
        ([record("hazard.accountability_opened", **{**CASE, "reviewer_posts": []})], "审核岗位"),
        ([OPENED, ENDED, record("hazard.accountability_concluded", **CASE)], "重复结案"),
        ([SPLIT], "只有一方"),
        ([record("accident.closed", now={"look_back_on": None})], "评估期限"),
        ([CLOSED, record("accident.evaluated", "a", "x")], "自行评估"),
    ],
)
def test_what_is_wrong_is_named(records: list[dict[str, Any]], wrong: str | None) -> None:
    found, said = faults(records)
    assert bool(found) is (wrong is not None), found
    assert (wrong or "") in "".join(found)
    assert said.total() == len(records)
