"""A change changes what is ahead, and never what has begun."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.tasks import Source
from services.scheduler.duties.model.duty import Duty
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.rules import Deadline, Quota, Recurrence, Rule
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tests.duties.builders import duty, members, tasks, version

MONTHLY = Quota(period=Period.MONTH)


def test_a_duty_edited_while_its_task_is_open_leaves_that_task_as_it_was() -> None:
    before = version(duty(MONTHLY))
    after = version(duty(MONTHLY, title="另一个名称"), 2, effective_on=date(2024, 6, 10))
    by_period = {task.period: (task.duty_version, task.title) for task in tasks(before, after)}
    assert by_period["2024-06"] == (1, "重点行业企业应急演练")
    assert by_period["2024-07"] == (2, "另一个名称")
    assert len(by_period) == 12


def test_another_rhythm_begins_behind_the_period_that_is_open() -> None:
    quarterly, monthly = version(duty()), version(duty(MONTHLY), 2, effective_on=date(2024, 5, 1))
    assert [task.period for task in tasks(quarterly, monthly)] == [
        "2024-Q1",
        "2024-Q2",
        *(f"2024-{month:02}" for month in range(7, 13)),
    ]


def test_a_changed_rule_does_not_rewrite_history() -> None:
    fifth = version(duty(Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=5")))
    tenth = version(duty(Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=10")), 2, effective_on=date(2024, 7, 1))
    days = {task.period: task.due_on.day for task in tasks(fifth, tenth)}
    assert days == {f"2024-{month:02}": 5 if month <= 7 else 10 for month in range(1, 13)}


def test_both_versions_of_one_period_have_one_id() -> None:
    before = tasks(version(duty(MONTHLY)))
    after = tasks(version(duty(MONTHLY)), version(duty(MONTHLY, title="另一个名称"), 2, effective_on=date(2024, 2, 1)))
    assert [task.task_id for task in before] == [task.task_id for task in after]


def test_a_cancelled_duty_ends_with_what_has_begun() -> None:
    ended = version(duty(MONTHLY), 2, effective_on=date(2024, 6, 10), cancelled=True)
    assert [task.period for task in tasks(version(duty(MONTHLY)), ended)][-1] == "2024-06"


def test_a_duty_with_one_deadline_has_one_task_however_often_it_is_changed() -> None:
    first = version(duty(Deadline(due_on=date(2024, 9, 30), opens_on=date(2024, 1, 1))))
    later = version(duty(Deadline(due_on=date(2024, 12, 31))), 2, effective_on=date(2024, 3, 1))
    assert [task.due_on for task in tasks(first, later)] == [date(2024, 9, 30)]
    ahead = version(
        duty(Deadline(due_on=date(2024, 12, 31), opens_on=date(2024, 12, 1))), 2, effective_on=date(2024, 1, 1)
    )
    assert [task.due_on for task in tasks(first, ahead)] == [date(2024, 12, 31)]


def test_what_begins_in_mid_period_is_asked_for_in_that_period() -> None:
    [first, *_] = tasks(version(duty(valid_from=date(2024, 2, 10))))
    assert (first.period, first.window_start, first.due_on) == ("2024-Q1", date(2024, 2, 10), date(2024, 3, 31))


def test_what_ends_is_asked_for_no_more() -> None:
    assert [task.period for task in tasks(version(duty(valid_until=date(2024, 6, 30))))] == ["2024-Q1", "2024-Q2"]


def test_a_task_is_told_everything_that_its_duty_says_of_it() -> None:
    whole = duty(
        per="counties",
        sectors=("hazchem", "coal_mine"),
        evidence=("方案", "照片"),
        figures=("participants",),
        approvals=("party_committee",),
        awaits=("reports",),
        plan="nine-ones-2024",
        campaign="three-year-s1",
        phase="集中攻坚",
        printed="每季度组织一次应急演练",
        assumed=("定期为每季度",),
    )
    told = {*PlannedTask.__struct_fields__} & {*Duty.__struct_fields__} - {"source"}
    assert {"duty_id", "kind", "title", "approvals", "awaits"} <= told
    for task in tasks(version(whole, 3)):
        assert {name: getattr(task, name) for name in told} == {name: getattr(whole, name) for name in told}
        assert (task.source, task.duty_version, task.roster) == (Source(document="S0", item="五"), 3, "counties")
    # What a duty says with its usual value would be told by accident.
    assert [name for name in told if getattr(whole, name) in ((), None, "")] == []


@pytest.mark.feature("SY04")
def test_an_item_with_one_lead_and_three_helpers_is_one_task_that_names_all_four() -> None:
    helpers = ("public_security", "fire_rescue", "transport")
    item = duty(Deadline(due_on=date(2024, 12, 31)), lead="emergency_management", helpers=helpers)
    [task] = tasks(version(item))
    assert (task.lead_unit, task.helper_units) == ("emergency_management", helpers)


def test_a_duty_of_every_county_is_a_task_of_each() -> None:
    found = tasks(version(duty(per="counties", lead=None)))
    assert [(task.period, task.county, task.lead_unit) for task in found[:3]] == [
        ("2024-Q1", code, "county_safety_committee") for code in ("140502", "140521", "140522")
    ]
    assert len({task.task_id for task in found}) == len(found) == 12


def test_a_period_with_nobody_on_the_roster_makes_no_task() -> None:
    assert tasks(version(duty(per="nobody_yet"))) == []
    assert members("nobody_yet", date(2024, 1, 1)) == ()


def test_a_duty_of_which_nobody_is_known_makes_no_task() -> None:
    assert tasks(version(duty(lead=None))) == []
    assert tasks(version(duty(kept_by="ledger"))) == []


@given(
    periods=st.lists(
        st.sampled_from([Period.WEEK, Period.MONTH, Period.QUARTER, Period.HALF_YEAR]), min_size=1, max_size=4
    ),
    days=st.lists(st.dates(date(2024, 1, 2), date(2024, 12, 31)), min_size=3, max_size=3),
)
def test_however_a_duty_is_edited_every_day_is_asked_for_once(periods: list[Period], days: list[date]) -> None:
    rules: list[Rule] = [Quota(period=period) for period in periods]
    versions = [version(duty(rules[0]))]
    for number, (rule, day) in enumerate(zip(rules[1:], sorted(days), strict=False), start=2):
        versions.append(version(msgspec.structs.replace(duty(rule)), number, effective_on=day))
    found = sorted(tasks(*versions), key=lambda task: task.window_start)
    assert len({task.task_id for task in found}) == len(found)
    for before, after in pairwise(found):
        assert before.due_on < after.window_start
    # Nobody is asked for less because of an edit while another period begins: only the days until it are free.
    assert found[-1].due_on >= date(2024, 12, 29)
