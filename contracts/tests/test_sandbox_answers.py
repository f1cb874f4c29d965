"""What the sandbox answers to each type of event: as the platform does, and nothing to a type that it does not know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.tests.publishers import report
from duban_contracts.catalogue import registered
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.outcomes import ANSWERS
from duban_contracts.conformance.sandbox.script import Script
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
