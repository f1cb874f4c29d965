"""Named mechanisms: a city switches a tag set on, and a hazard shows which of its steps are done."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.profile import ProfileError
from services.ledger.mechanisms.handlers import FILE, load
from services.ledger.mechanisms.model import Mechanism, Step, bare, steps_of
from services.ledger.tests.in_process import NOON, InProcess

pytestmark = pytest.mark.feature("SY39")
JINCHENG = Path(__file__).parents[4] / "deploy" / "profiles" / "jincheng"
CLOSURE = Step(code="closure", name="销号制", done_by=("hazard.closed",), undone_by=("hazard.reopened",))
LISTED = Step(code="assignment", name="交办制", done_by=("hazard.confirmed", "hazard.listed"))
SET = Mechanism(code="one_list", name="一单四制", on=True, steps=(LISTED, CLOSURE))
NAMES = ("hazard.registered", "hazard.confirmed", "hazard.listed", "hazard.closed", "hazard.reopened")


def after(*names: str) -> list[datetime | None]:
    return [done.at for done in steps_of(SET, [(name, NOON + timedelta(hours=n)) for n, name in enumerate(names)])]


def test_a_step_is_done_by_any_of_its_events_and_keeps_the_first_instant() -> None:
    assert after("hazard.registered") == [None, None]
    assert after("hazard.confirmed", "hazard.listed") == [NOON, None]


def test_what_is_reopened_is_not_closed_until_it_is_closed_again() -> None:
    assert after("hazard.closed", "hazard.reopened") == [None, None]
    assert after("hazard.closed", "hazard.reopened", "hazard.closed") == [None, NOON + timedelta(hours=2)]


@given(st.lists(st.sampled_from(NAMES), max_size=12))
def test_a_step_is_done_exactly_while_its_last_word_is_one_that_does_it(names: list[str]) -> None:
    for step, at in zip(SET.steps, after(*names), strict=True):
        words = [name for name in names if name in step.done_by or name in step.undone_by]
        assert (at is not None) == (bool(words) and words[-1] in step.done_by)


def test_an_event_is_called_without_publisher_and_version() -> None:
    assert bare("duban.hazard.deadline_corrected.v1") == "hazard.deadline_corrected"


def written(directory: Path, *changes: dict[str, Any]) -> Path:
    (directory / FILE).write_bytes(msgspec.json.encode([msgspec.to_builtins(SET) | change for change in changes]))
    return directory


def test_a_set_is_shown_once_it_is_switched_on_and_a_profile_needs_none(tmp_path: Path) -> None:
    assert load(tmp_path) == ()
    assert load(written(tmp_path, {"on": False})) == ()
    assert load(written(tmp_path, {"on": True})) == (SET,)
    assert [mechanism.name for mechanism in load(JINCHENG)] == ["一单四制"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ([{}, {}], "$[1].code"),
        ([{"steps": [CLOSURE, CLOSURE]}], "$[0].steps"),
        ([{"steps": [{"code": "a", "name": "甲", "done_by": ["hazard.vanished"]}]}], "$[0].steps[0]"),
        ([{"steps": [{"code": "a", "name": "甲", "done_by": ["task.assigned"]}]}], "$[0].steps[0]"),
        ([{"steps": []}], "$[0].steps"),
        ([{"colour": "red"}], "$[0]"),
    ],
)
def test_a_wrong_set_is_refused_by_its_place(tmp_path: Path, changes: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(ProfileError) as refused:
        load(written(tmp_path, *changes))
    assert refused.value.field == field


async def test_a_hazard_shows_its_steps_as_they_are_done_and_undone(ledger: InProcess) -> None:
    hazard = await ledger.registered()

    async def done() -> list[str]:
        answer = await ledger.get(f"/v1/hazards/{hazard['number']}/mechanisms", "county")
        assert answer.status_code == 200, answer.text
        [mechanism] = answer.json()["items"]
        assert mechanism["done"] == sum(step["done"] for step in mechanism["steps"])
        return [step["code"] for step in mechanism["steps"] if step["done"]]

    assert await done() == ["ledger"]
    await ledger.confirm(hazard)
    await ledger.submit(hazard)
    await ledger.post(hazard["number"], "close", {"review": "现场复查合格"}, "city-2")
    assert await done() == ["ledger", "assignment", "closure"]
    body = {"reason": "回头看不合格", "deadline_on": ledger.in_days(9)}
    assert (await ledger.post(hazard["number"], "reopen", body)).status_code == 200
    assert await done() == ["ledger", "assignment"]
    await ledger.pool.execute(
        "INSERT INTO hazard_timeline (event_id, hazard_id, type, occurred_at, payload) VALUES ($1, $2, $3, $4, '{}')",
        f"letter-{hazard['number']}",
        hazard["hazard_id"],
        "duban.notice.issued.v1",
        ledger.now,
    )
    assert await done() == ["ledger", "assignment", "circular"]
