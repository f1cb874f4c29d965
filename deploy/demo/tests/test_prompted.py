"""The audit of 二级确认提示函 finds one too many, one of nobody, one that never went out, and one that never came."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from deploy.demo import regulators
from deploy.demo.audit.prompted import Level, compared, levels
from services.chassis.testing.clock import ManualClock

_VERSIONS = itertools.count(1)
FIRST_LEVEL = {"grade": "major"}


def record(kind: str, hazard: str = "h", **payload: Any) -> dict[str, Any]:
    return {
        "hazard_id": hazard,
        "version": next(_VERSIONS),
        "type": f"duban.hazard.{kind}.v1",
        "payload": json.dumps(payload),
    }


def letter(state: str = "delivered", recalled_at: str | None = None) -> dict[str, Any]:
    return {"number": "1号", "state": state, "recalled_at": recalled_at, "about": {"id": "h", "number": "N-1"}}


RECALLED = letter("failed", "2026-06-01T04:00:00Z")


def test_a_first_level_asks_and_asks_again_when_its_hazard_is_taken_out_of_another() -> None:
    told = [record("first_confirmed"), record("merged"), record("unmerged", first_confirmed=FIRST_LEVEL)]
    plain = [record("confirmed", "g"), record("unmerged", "g", first_confirmed=None)]
    assert levels([*told, *plain]) == {"h": Level(asked=2, waits=True)}


@pytest.mark.parametrize("settles", ["rejected", "corrected", "closed", "merged"])
def test_what_is_settled_otherwise_than_by_the_second_level_needs_no_letter(settles: str) -> None:
    told = levels([record("first_confirmed"), record(settles), record("planned")])
    assert told == {"h": Level(asked=1)}
    assert compared(told, {}, ()) == []


def test_a_history_is_read_in_the_order_of_its_versions() -> None:
    told = [record("registered"), record("first_confirmed"), record("confirmed"), record("regraded")]
    assert levels(told[::-1]) == {"h": Level(asked=1, answered=True)}


@pytest.mark.parametrize(
    ("asked", "letters", "wrong"),
    [
        (1, [letter()], None),
        (2, [RECALLED, letter()], None),
        (1, [letter(), letter()], "提示函 2 封，一级确认 1 次"),
        (1, [letter("issued")], "未送"),
        (1, [], "没有有效的提示函"),
        (1, [RECALLED], "没有有效的提示函"),
        (2, [RECALLED], "没有有效的提示函"),
    ],
)
@pytest.mark.parametrize("level", [{"waits": True}, {"answered": True}])
def test_what_is_wrong_is_named(
    level: dict[str, bool], asked: int, letters: list[dict[str, Any]], wrong: str | None
) -> None:
    found = compared({"h": Level(asked=asked, **level)}, {"h": letters} if letters else {}, ())
    assert bool(found) is (wrong is not None)
    assert (wrong or "") in "".join(found)


def test_a_letter_of_no_first_level_is_wrong_and_one_that_was_recalled_in_time_is_not() -> None:
    assert "一级确认 0 次" in "".join(compared({}, {"h": [letter()]}, ()))
    assert compared({"h": Level(asked=1)}, {"h": [letter("issued", "2026-06-01T04:00:00Z")]}, ()) == []


def test_what_was_confirmed_without_waiting_longer_may_have_no_letter_and_what_still_waits_may_not() -> None:
    assert compared({"h": Level(asked=1, answered=True)}, {}, {"h"}) == []
    assert compared({"h": Level(asked=2, answered=True, waits=True)}, {}, {"h"}) != []


@dataclass
class Letters:
    """A platform that knows nothing but the letters of notifications."""

    items: list[dict[str, Any]]

    async def get(self, *_: str, **__: object) -> dict[str, Any]:
        return {"items": self.items}


@pytest.mark.parametrize(
    ("letters", "patience", "confirms", "unasked"),
    [
        ([letter()], 0.0, True, set()),
        ([RECALLED, letter("issued")], 3600.0, False, set()),
        ([letter(recalled_at="2026-06-01T04:00:00Z")], -1.0, True, {"h"}),
        ([], -1.0, True, {"h"}),
    ],
)
async def test_the_second_level_confirms_once_it_is_asked_or_its_patience_is_over_which_is_noted(
    monkeypatch: pytest.MonkeyPatch,
    letters: list[dict[str, Any]],
    *,
    patience: float,
    confirms: bool,
    unasked: set[str],
) -> None:
    monkeypatch.setattr(regulators, "_PATIENT_SECONDS", patience)
    at_work = regulators.Regulators(cast("Any", Letters(letters)), ManualClock(datetime(2026, 3, 2, tzinfo=UTC)), {})
    waits = {"hazard_id": "h", "first_confirmed_at": "2026-03-02T08:00:00Z"}
    assert await at_work._second_level_is_asked(waits, cast("Any", None)) is confirms
    assert at_work.unasked == unasked


def test_nobody_loses_patience_with_most() -> None:
    told = {name: Level(asked=1, answered=True) for name in "hgf"}
    assert compared(told, {"h": [letter()], "g": [letter()]}, set("hgf")) == []
    assert "多半没有" in "".join(compared(told, {"h": [letter()]}, set("hgf")))
