"""What the sandbox answers to each type of event: as the platform does, and nothing to a type that it does not know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.tests.publishers import Publisher, Virtual, report
from duban_contracts.catalogue import registered
from duban_contracts.codec import type_of
from duban_contracts.codes import CODES
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.evidence import Rejected
from duban_contracts.conformance.sandbox.judge import judge
from duban_contracts.conformance.sandbox.outcomes import ANSWERS, Answer
from duban_contracts.conformance.sandbox.script import Script
from duban_contracts.events.claims import HazardReported, TaskReported
from duban_contracts.events.feedback import ClaimEntered, ClaimOutcome, ClaimRecorded
from duban_contracts.examples import examples
from duban_contracts.topics import TopicFamily


def answer(there: City, kind: str) -> Any:
    sent = json.dumps(report(1) | {"type": kind}).encode()
    headers = [(b"authorization", b"Bearer the key"), (b"content-type", b"application/cloudevents+json")]
    # Nothing goes wrong on purpose while it is only tried.
    return there.submit(headers, sent, 0.0, dry_run=True)


def test_each_type_that_a_county_may_send_has_its_answer() -> None:
    assert ANSWERS.keys() == {entry.name for entry in registered() if entry.family is TopicFamily.CLAIMS}


def test_a_type_that_is_not_known_is_refused_as_by_the_gateway_and_is_no_hazard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there, known = City("140502", "the key", Script(1)), report(1)["type"]
    assert answer(there, "duban.hazard.sold.v1").document["code"] == "unknown-event-type"
    monkeypatch.delitem(ANSWERS, known)
    refused = answer(there, known)
    assert (refused.status, refused.document["code"], refused.document["field"]) == (422, "unknown-event-type", "type")
    assert answer(there, "duban.task.reported.v1").document["code"] != "unknown-event-type"


def run(events: list[dict[str, Any]]) -> City:
    """A city to which a good publisher has sent these."""
    there = City("140502", "the key", Script(1))
    Publisher(Virtual(there)).run([[each] for each in events])
    assert judge(there.evidence) == []
    return there


def refusals(there: City) -> set[str]:
    return {fact.code for fact in there.evidence if isinstance(fact, Rejected)}


def test_each_type_is_refused_by_what_can_befall_it() -> None:
    filed = type_of(TaskReported).name
    task = examples()[filed] | {"filed_on": "2026-11-20"}
    filings = [report(number) | {"type": filed, "data": task | {"reference": f"RW-{number}"}} for number in range(20)]
    assert refusals(run(filings)) == {"task-not-found"}
    assert refusals(run([report(number) for number in range(20)])) == {"hazard-rejected"}


@pytest.mark.parametrize("asked", [asked for asked, answer in ANSWERS.items() if answer.rejection])
def test_what_a_claim_is_refused_with_is_a_code_of_who_answers_it(asked: str) -> None:
    answer = ANSWERS[asked]
    met = CODES[str(answer.rejection)]
    assert met.county
    assert met.group == ("ledger" if answer.settled is ClaimRecorded else "scheduler")


def test_what_stands_for_itself_is_never_refused_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    entered = Answer(ClaimEntered, ClaimOutcome.REGISTERED, None)
    assert {each for each in ANSWERS.values() if each.settled is ClaimEntered} <= {entered}
    # No type of the contract stands for itself yet.
    monkeypatch.setitem(ANSWERS, type_of(HazardReported).name, entered)
    there = run([report(number) for number in range(20)])
    assert refusals(there) == set()
    statuses = {told.status for told in there.told(0, 1e6)}
    assert statuses == {"recorded"}
