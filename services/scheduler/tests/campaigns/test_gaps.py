"""What the table of 2024 lacks by its own mechanisms (SY02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from prometheus_client import REGISTRY

from services.scheduler.campaigns.handlers import report_gaps, rows_in
from services.scheduler.campaigns.model.gaps import Severity, gaps_of
from services.scheduler.imports.model.nine_ones import read_table
from services.scheduler.imports.model.units import Phrasebook
from services.scheduler.tests.bench import metric
from services.scheduler.tests.duties.builders import version
from services.scheduler.tests.office import NINE_ONES, Office

READ = read_table(msgspec.json.decode(NINE_ONES.read_bytes()), Phrasebook())
[PLAN] = READ.plans
ROWS = [row for duty in READ.duties for row in rows_in([version(duty)], PLAN)]
# The 17 known gaps of the printed table, by severity, code and mechanism; the mechanism None is the table as a whole.
KNOWN = {
    (Severity.HARD, "quota-short", 1),
    (Severity.HARD, "follow-up-missing", 2),
    (Severity.HARD, "year-end-missing", 3),
    (Severity.MEDIUM, "coverage-unknown", 4),
    (Severity.MEDIUM, "no-enterprise", 5),
    (Severity.MEDIUM, "not-for-each", 6),
    (Severity.MEDIUM, "not-for-each", 7),
    (Severity.MEDIUM, "lead-differs", 8),
    (Severity.MEDIUM, "joint-lead-missing", 9),
    (Severity.MEDIUM, "group-named", None),
    (Severity.MEDIUM, "several-named", None),
    (Severity.MEDIUM, "one-leader-for-all", None),
    (Severity.LOW, "unit-unknown", None),
    (Severity.LOW, "no-day", None),
    (Severity.LOW, "titled-otherwise", None),
    (Severity.LOW, "lead-is-host", 3),
    (Severity.LOW, "lead-is-host", 4),
    (Severity.LOW, "lead-is-host", 9),
    (Severity.INFO, "inspected-not-trained", None),
    (Severity.INFO, "trained-not-inspected", None),
    (Severity.INFO, "trained-repeatedly", None),
}


@pytest.mark.feature("SY02")
def test_december_without_training_no_year_end_plenary_and_12_missing_meetings_are_the_hard_gaps_and_nothing_else() -> (
    None
):
    hard = [gap for gap in gaps_of(PLAN, ROWS) if gap.severity is Severity.HARD]
    assert [(gap.code, gap.requirement, gap.missing, gap.periods) for gap in hard] == [
        ("quota-short", 1, 1, ("2024-12",)),
        ("follow-up-missing", 2, 12, tuple(f"2024-{month:02}" for month in range(1, 13))),
        ("year-end-missing", 3, 1, ("2024-12",)),
    ]


def test_the_softer_gaps_are_those_that_a_careful_reader_finds() -> None:
    found = gaps_of(PLAN, ROWS)
    assert {(gap.severity, gap.code, gap.requirement) for gap in found} == KNOWN
    assert [gap.severity for gap in found] == sorted((gap.severity for gap in found), key=list(Severity).index)
    rows = {gap.code: len(gap.rows) for gap in found if gap.requirement is None}
    assert (rows["group-named"], rows["several-named"]) == (6, 7)
    assert sum(len(gap.rows) for gap in found if gap.code == "lead-is-host") == 9


def test_two_trainings_in_may_do_not_stand_for_december() -> None:
    may = [row for row in ROWS if row.kind == "training" and row.due_on.month == 5]
    assert len(may) == 2
    assert sum(1 for row in ROWS if row.kind == "training") == 12


def test_a_meeting_in_each_month_closes_that_gap() -> None:
    meetings = [
        msgspec.structs.replace(duty, duty_id=f"{duty.duty_id}-m", kind="inspection_meeting")
        for duty in READ.duties
        if duty.kind == "inspection"
    ]
    rows = [*ROWS, *(row for duty in meetings for row in rows_in([version(duty)], PLAN))]
    assert "follow-up-missing" not in {gap.code for gap in gaps_of(PLAN, rows)}
    one_short = [row for row in rows if row.duty_id != "no-2024-07-2-m"]
    [gap] = [gap for gap in gaps_of(PLAN, one_short) if gap.code == "follow-up-missing"]
    assert (gap.missing, gap.periods, gap.rows) == (1, ("2024-07",), ("no-2024-07-2",))


def test_each_meeting_of_a_month_answers_for_one_inspection_of_it() -> None:
    july = next(row for row in ROWS if row.kind == "inspection" and row.due_on.month == 7)
    inspections = [replace(july, duty_id=f"i-{number}") for number in range(4)]
    meetings = [replace(july, duty_id=f"m-{n}", kind="inspection_meeting") for n in range(2)]
    rows = [row for row in ROWS if row.kind != "inspection" or row.due_on.month != 7]
    [gap] = [gap for gap in gaps_of(PLAN, [*rows, *inspections, *meetings]) if gap.code == "follow-up-missing"]
    assert [row for row in gap.rows if row.startswith("i-")] == ["i-2", "i-3"]


def test_a_plan_without_rows_lacks_every_period() -> None:
    quotas = [gap for gap in gaps_of(PLAN, []) if gap.code == "quota-short"]
    assert len(quotas) == 12 + 12 + 4 + 4 + 4 + 2 + 2 + 1 + 1


@pytest.mark.feature("SY02")
async def test_the_gaps_are_read_over_http_by_severity(office: Office) -> None:
    await office.load(NINE_ONES)
    found = await office.ask("/v1/plans/nine-ones-2024/gaps", severity="hard")
    assert [(each["code"], each["missing"]) for each in found["items"]] == [
        ("quota-short", 1),
        ("follow-up-missing", 12),
        ("year-end-missing", 1),
    ]
    counts = {each["severity"]: each["count"] for each in found["counts"]}
    # The city's phrases know 应急管理委员会各成员单位, so that no name is unknown.
    assert counts == {"hard": 3, "medium": 9, "low": 5, "info": 3}
    assert (await office.ask("/v1/plans/none/gaps", status=404))["code"] == "plan-not-found"


@pytest.mark.feature("SY02")
async def test_the_hard_gaps_of_this_years_plans_are_counted_and_those_of_other_years_are_not(office: Office) -> None:
    await office.load(NINE_ONES)
    await report_gaps(office.database, clock=office.clock, zone=office.planner.zone)
    assert metric("duban_plan_gaps", {"plan": "nine-ones-2024", "severity": "hard"}) == 3
    office.clock.set(datetime(2025, 1, 2, tzinfo=UTC))
    await report_gaps(office.database, clock=office.clock, zone=office.planner.zone)
    assert REGISTRY.get_sample_value("duban_plan_gaps", {"plan": "nine-ones-2024", "severity": "hard"}) is None


def test_every_gap_says_in_words_what_is_lacking() -> None:
    found = gaps_of(PLAN, ROWS)
    assert all(gap.detail and "None" not in gap.detail for gap in found)
    details = {gap.code: gap.detail for gap in found if gap.requirement is None}
    assert details["unit-unknown"].endswith("行的单位名称不在词表中")
