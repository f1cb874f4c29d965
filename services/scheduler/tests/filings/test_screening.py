"""What a county's filing asks for and what is said of it, on values."""

from __future__ import annotations

from datetime import date

import msgspec

from duban_contracts.codec import decode, lookup
from duban_contracts.events.claims import TaskReported
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.examples import example_event
from duban_contracts.profile import load_city
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.testing.calendar import local
from services.scheduler.filings.model import command_of, in_the_claim, said_of, screen
from services.scheduler.tasks.model.task import planned
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.tasks.stage import due_at, proof, report

PRESENT = load_city(PROFILE).present(local(1, 12))
TASK = planned(report(), due_at())


def test_what_is_no_filing_is_named_by_its_type() -> None:
    event = example_event(lookup("duban.hazard.reported.v1"))
    said = screen(event, decode(event), "140502", PRESENT)
    assert isinstance(said, Refusal)
    assert (said.code, said.field) == ("not-a-claim", "type")
    assert event.type in f"{said.message}{said.rule}"


def test_a_filing_of_another_county_is_refused_and_ones_own_is_taken() -> None:
    event = example_event(lookup("duban.task.reported.v1"))
    data = decode(event)
    assert isinstance(data, TaskReported)
    present = load_city(PROFILE).present(local(1, 12, month=12))
    assert screen(event, data, data.county, present) == data
    foreign = screen(event, data, "140581", present)
    assert isinstance(foreign, Refusal)
    assert foreign.code == "county-mismatch"


def test_a_filing_asks_for_what_it_says() -> None:
    data = decode(example_event(lookup("duban.task.reported.v1")))
    assert isinstance(data, TaskReported)
    filing = msgspec.structs.replace(
        data, evidence=(proof("纪要"),), figures={"trained": 3.0}, form={"site": "一号"}, filed_on=date(2026, 5, 1)
    )
    command = command_of(filing)
    assert (command.summary, command.evidence, command.figures) == (filing.summary, filing.evidence, {"trained": 3.0})
    assert (command.form, command.filed_on, command.findings) == (filing.form, filing.filed_on, filing.findings)


def test_the_answer_says_late_and_repeated_in_words_and_the_task_is_a_claims_reference() -> None:
    late = msgspec.structs.replace(TASK, late=True)
    for task, outcome, words in (
        (TASK, ClaimOutcome.REGISTERED, None),
        (late, ClaimOutcome.REGISTERED, "报送时已超过期限，记为迟报"),
        (late, ClaimOutcome.DUPLICATE, "与已报送的内容相同，不再重复记录"),
    ):
        assert said_of(task, outcome) == {
            "task_id": task.task_id,
            "number": task.number,
            "outcome": outcome,
            "late": task.late,
            "message": words,
        }
    assert in_the_claim(refusal("task-not-found", field="name")).field == "reference"
    assert in_the_claim(refusal("figures-missing", field="figures", figures="trained")).field == "figures"
