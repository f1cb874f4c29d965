"""What is read of the printed tables is what stands in them, field by field; and what can't be kept is named. Pure."""

from __future__ import annotations

import copy
import json
import re
from calendar import monthrange
from datetime import date
from typing import Any

import msgspec
import pytest

from duban_contracts.profile import load_city
from duban_contracts.vocabulary import SECTORS, UNITS
from services.scheduler.campaigns.model.nine_ones import MECHANISMS
from services.scheduler.duties.model.duty import Duty, Origin
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.readings import Reading
from services.scheduler.duties.model.rules import Deadline, Quota, Recurrence, Unscheduled
from services.scheduler.imports.handlers import load_phrases
from services.scheduler.imports.model.nine_ones import read_table
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.recurring import read_listing
from services.scheduler.imports.model.three_year import read_campaigns
from services.scheduler.rosters.handlers import load_rosters
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.duties.builders import duty
from services.scheduler.tests.office import NINE_ONES, TABLES

PHRASES = load_phrases(PROFILE, load_rosters(PROFILE, load_city(PROFILE)))
TABLE = json.loads(NINE_ONES.read_bytes())
CAMPAIGNS = json.loads((TABLES / "three-year-actions.json").read_bytes())
LISTING = json.loads((TABLES / "recurring-duties.json").read_bytes())


def of_table() -> dict[str, Duty]:
    read = read_table(TABLE, PHRASES)
    assert read.errors == []
    return {each.duty_id: each for each in read.duties}


@pytest.mark.feature("SY01")
def test_each_row_of_the_nine_ones_is_a_duty_of_its_month_with_every_word_of_the_row() -> None:
    found = of_table()
    for row in TABLE["rows"]:
        read = found[f"no-2024-{row['month']:02}-{row['seq']}"]
        first, last = date(2024, row["month"], 1), date(2024, row["month"], monthrange(2024, row["month"])[1])
        assert (read.kind, read.title) == (row["kind"], row["title_zh"])
        assert read.rule == Deadline(due_on=last, opens_on=first)
        assert (read.valid_from, read.valid_until) == (date(2024, 1, 1), date(2024, 12, 31))
        assert read.sectors == tuple(sector for sector in row["sectors"] if sector in SECTORS)
        assert (read.who, read.leader) == ("、".join(row["lead_units"]), row.get("leader_role_zh", ""))
        asked = MECHANISMS[row["kind"]]
        assert (read.evidence, read.approvals, read.plan) == (asked.evidence, asked.approvals, "nine-ones-2024")
        assert read.source == Origin(document=TABLE["source_file"], item=f"{row['month']}月{row['seq']}")
        assert read.assumed[-1] == Reading.MONTH_END.value
        assert [read.lead, *read.helpers][: len(row["lead_unit_codes"])] == row["lead_unit_codes"]


def test_the_plan_of_the_nine_ones_is_of_its_year() -> None:
    [plan] = read_table(TABLE, PHRASES).plans
    assert (plan.code, plan.title) == ("nine-ones-2024", "2024年“九个一”工作任务分解表")
    assert (plan.document, plan.starts_on, plan.ends_on) == (
        TABLE["source_file"],
        date(2024, 1, 1),
        date(2024, 12, 31),
    )


def test_the_years_end_awaits_the_reports_of_all_by_the_same_day() -> None:
    kind = next(each.kind for each in MECHANISMS.values() if each.year_end)
    rows = [*TABLE["rows"], {**TABLE["rows"][0], "month": 12, "seq": 99, "kind": kind, "title_zh": "年终全体会议"}]
    found = {each.duty_id: each for each in read_table({**TABLE, "rows": rows}, PHRASES).duties}
    reports = found["no-2024-reports"]
    assert (reports.kind, reports.per, reports.evidence) == (
        "accountability_report",
        "counties_and_members",
        ("述职述责报告",),
    )
    assert (reports.valid_from, reports.valid_until) == (date(2024, 1, 1), date(2024, 12, 31))
    awaiting = [each for each in found.values() if "no-2024-reports" in each.awaits]
    assert [(each.duty_id, each.rule) for each in awaiting] == [("no-2024-12-99", reports.rule)]
    assert not any(each.awaits for each in of_table().values())


@pytest.mark.feature("SY05")
def test_each_item_of_the_three_years_is_a_duty_with_its_deadline_or_ends_with_the_campaign() -> None:
    read = read_campaigns(CAMPAIGNS, PHRASES)
    found = {each.duty_id: each for each in read.duties}
    for plan in CAMPAIGNS["plans"]:
        code = f"three-year-{plan['source_file'].partition('_')[0].lower()}"
        last = date(int(plan["period"].partition("/")[2]), 12, 31)
        for item in (item for action in plan["actions"] for item in action["items"]):
            name = f"{code}-{item['no']:02}"
            rules: dict[str, object] = {
                f"{name}-d{number}": Deadline(due_on=date.fromisoformat(each["date"]))
                for number, each in enumerate(item["deadlines"], 1)
            }
            named = {f"{name}-r{number}": each for number, each in enumerate(item["periodic_duties"], 1)}
            if not rules and not named:
                rules = {f"{name}-e": Deadline(due_on=last)}
                assert Reading.CAMPAIGN_END.value in found[f"{name}-e"].assumed
            for duty_id, rule in rules.items():
                made = found[duty_id]
                assert made.rule == rule
                units = [unit for unit in (made.lead, *made.helpers) if unit]
                assert made.who == "、".join(UNITS.name(unit) for unit in units)
                assert set(units) == {part["unit"] for part in item["roles"]}
                named_lead = any(re.search(r"\blead", part["role"]) for part in item["roles"])
                by_reading = len(units) > 1 and not named_lead
                assert (Reading.FIRST_NAMED_LEADS.value in made.assumed) == by_reading
            for duty_id, said in named.items():
                made = found[duty_id]
                assert isinstance(made.rule, Quota)
                assert (made.rule.count, made.who, made.scope) == (said["min_count"], said["who"], said["what"])
                assert (made.lead, made.helpers) == (None, ())
            for made in (found[duty_id] for duty_id in (*rules, *named)):
                assert (made.kind, made.title, made.campaign) == ("general", item["title_zh"], code)
                assert (made.valid_from, made.valid_until) == (date.fromisoformat(plan["issued_on"]), last)
                assert made.source == Origin(document=plan["doc_no_zh"], item=str(item["no"]))


@pytest.mark.feature("SY06")
def test_each_report_of_the_three_years_falls_due_as_it_says_and_is_owed_by_whom_it_names() -> None:
    read = read_campaigns(CAMPAIGNS, PHRASES)
    reports = [each for each in read.duties if "-report-" in each.duty_id]
    said = {each["what"][:150]: each["who"] for plan in CAMPAIGNS["plans"] for each in plan["reporting"]}
    assert reports
    for report in reports:
        assert report.source is not None
        assert report.source.item == f"报送{report.duty_id.rpartition('-')[2]}"
        assert isinstance(report.rule, Deadline | Recurrence)
        assert report.who == said[report.title]


def test_a_report_whose_rule_cannot_be_read_is_told_with_its_cell() -> None:
    broken = copy.deepcopy(CAMPAIGNS)
    place = next(n for n, plan in enumerate(broken["plans"]) if plan["reporting"])
    broken["plans"][place]["reporting"][0]["recurrence"] = "FREQ=HOURLY"
    [wrong] = read_campaigns(broken, PHRASES).errors
    assert (wrong.code, wrong.value) == ("unreadable-rule", "FREQ=HOURLY")
    assert wrong.cell == f"$.plans[{place}].reporting[0].recurrence"
    assert wrong.rule


@pytest.mark.feature("SY03")
def test_each_recurring_duty_keeps_who_what_where_from_and_in_which_words() -> None:
    read = read_listing(LISTING, 2024, PHRASES)
    found = {each.duty_id: each for each in read.duties}
    for entry in LISTING["duties"]:
        made = found[entry["id"]]
        assert (made.title, made.who, made.valid_from) == (entry["what_zh"], entry["who_zh"], date(2024, 1, 1))
        assert made.source == Origin(
            document=entry["source_file"], item=str(entry["item_no"]), plan_no=entry.get("plan_no")
        )
        assert made.kept_by == entry["service"]
        assert made.plan is not None
        assert made.plan.endswith("-2024")
    for plan in read.plans:
        assert (plan.starts_on, plan.ends_on) == (date(2024, 1, 1), date(2024, 12, 31))
        assert plan.title.startswith("2024年周期职责：来源文件")


def test_a_doubt_about_a_recurring_duty_says_in_words_what_it_is() -> None:
    def warned(year: int, **changed: Any) -> list[tuple[str, str, str, str | None]]:
        entry = {**next(each for each in LISTING["duties"] if each["id"] == "rd-004-45"), **changed}
        read = read_listing({"duties": [entry]}, year, PHRASES)
        return [(each.cell, each.code, each.rule, each.value) for each in read.warnings]

    assert warned(2026) == []
    late = warned(2027)
    assert [(code, rule) for _, code, rule, _ in late] == [("already-over", "lies before 2027, no task is made")]
    vague = read_listing(
        {"duties": [next(each for each in LISTING["duties"] if each["id"] == "rd-001-p2-25")]}, 2024, PHRASES
    )
    assert isinstance(vague.duties[0].rule, Unscheduled)
    assert next((each.cell, each.code, each.rule, each.value) for each in vague.warnings) == (
        "$.duties[0]",
        "no-schedule",
        "no date follows from these words",
        "日周月(未展开)",
    )


def test_what_cannot_be_kept_is_named_with_the_rule_and_where_in_it() -> None:
    long = duty(title="长" * 500)
    read = Read(duties=[duty(duty_id="fine"), long, duty(duty_id="fine"), duty(duty_id="unit", lead="no_such_unit")])
    read.prove()
    found = [(each.cell, each.code) for each in read.errors]
    assert found == [("drill", "wrong-cell"), ("fine", "repeated-row"), ("unit", "unknown-term")]
    assert (read.errors[0].value, "length" in read.errors[0].rule) == ("$.title", True)
    assert read.errors[1].rule == "must stand once in the file"
    assert all("None" not in f"{each.rule}" for each in read.errors)
    whole = Read(duties=[duty(), msgspec.structs.replace(duty(Quota(period=Period.YEAR)), duty_id="other")])
    whole.prove()
    assert whole.errors == []
