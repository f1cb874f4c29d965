"""Named mechanisms: a city switches a tag set on, and a hazard shows which of its steps are done."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.notices import NoticeIssued
from duban_contracts.events.types import Enterprise, Subject
from duban_contracts.profile import ProfileError
from services.chassis.publishing.envelopes import new_event
from services.ledger.mechanisms.handlers import FILE, load
from services.ledger.mechanisms.model import Mechanism, MechanismStep, bare, steps_of
from services.ledger.supervision.handlers import keep_notices
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import PEOPLE

pytestmark = pytest.mark.feature("SY39")
JINCHENG = Path(__file__).parents[4] / "deploy" / "profiles" / "jincheng"
CLOSURE = MechanismStep(code="closure", name="销号制", done_by=("hazard.closed",), undone_by=("hazard.reopened",))
LISTED = MechanismStep(code="assignment", name="交办制", done_by=("hazard.confirmed", "hazard.listed"))
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
    await written_about(ledger, hazard, "urging")
    assert await done() == ["ledger", "assignment", "circular"]


async def written_about(ledger: InProcess, hazard: dict[str, Any], kind: str) -> None:
    """A letter of this kind about a hazard was issued."""
    letter = NoticeIssued(
        letter_id=f"{kind} of {hazard['number']}",
        number="晋市安督〔2026〕1号",
        kind=kind,
        about=Subject(kind="hazard", id=hazard["hazard_id"], number=hazard["number"]),
        county=hazard["county"],
        occurred_at=NOON + timedelta(minutes=1),
        title="函",
        cause="e-1",
        channels=("email",),
    )
    async with ledger.database.transaction() as connection:
        event = new_event(letter, source="/test", subject="x", key="x", time=NOON)
        await keep_notices(connection, [(event, letter)])


async def letter_is_done(ledger: InProcess, hazard: dict[str, Any], who: str) -> bool:
    answer = await ledger.get(f"/v1/hazards/{hazard['number']}/mechanisms", who)
    assert answer.status_code == 200, answer.text
    [mechanism] = answer.json()["items"]
    return any(step["done"] for step in mechanism["steps"] if step["code"] == "circular")


async def test_a_letter_among_staff_does_no_step_for_the_enterprise(ledger: InProcess) -> None:
    hazard = await ledger.registered(enterprise=Enterprise(name="示例厂（虚构）", uscc=PEOPLE["worker"].enterprise))
    await written_about(ledger, hazard, "confirmation_prompt")
    assert [await letter_is_done(ledger, hazard, who) for who in ("county", "worker")] == [True, False]
    await written_about(ledger, hazard, "urging")
    assert await letter_is_done(ledger, hazard, "worker")


async def test_a_letter_about_a_source_does_a_step_of_the_hazard_that_goes_on(ledger: InProcess) -> None:
    hazard, other = await ledger.registered(), await ledger.registered()
    await written_about(ledger, other, "urging")
    assert not await letter_is_done(ledger, hazard, "county")
    body = {"into": hazard["number"], "reason": "同一处隐患"}
    assert (await ledger.post(other["number"], "merge", body, "county")).status_code == 200
    assert await letter_is_done(ledger, hazard, "county")
