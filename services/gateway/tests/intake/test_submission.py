"""How outcomes are told."""

from __future__ import annotations

from uuid import UUID

import msgspec

from duban_contracts.refusals import refusal, violation
from services.gateway.intake.documents import Submission, problem_of
from services.gateway.intake.model.claims import RefusedEvent
from services.gateway.intake.model.outcomes import Queued

BAD = RefusedEvent(
    "e-2",
    (violation("county-mismatch", "$.county", county="140502"), violation("unknown-field", "$.x")),
    UUID(int=9),
)


def test_each_event_is_told_by_its_place_in_the_request() -> None:
    said = Submission.of(
        [Queued("e-1", UUID(int=1)), BAD, RefusedEvent(None, (refusal("not-json", field="$", detail="x"),))]
    )
    assert (said.accepted, said.rejected) == (1, 2)
    queued, bad, nameless = msgspec.to_builtins(said.results)
    assert queued == {"index": 0, "status": "queued", "id": "e-1", "receipt_id": str(UUID(int=1))}
    assert (bad["index"], bad["status"], bad["id"]) == (1, "rejected", "e-2")
    assert (nameless["index"], "id" in nameless) == (2, False)
    assert Submission.of([]) == Submission(accepted=0, rejected=0, results=[])


def test_the_first_fault_names_the_problem_and_all_stand_beside_it() -> None:
    problem = problem_of(BAD)
    assert (problem.type, problem.title) == ("urn:duban:problem:county-mismatch", "Forbidden")
    assert (problem.code, problem.status, problem.field) == ("county-mismatch", 403, "$.county")
    assert (problem.detail, problem.rule) == (BAD.refusals[0].message, BAD.refusals[0].rule)
    assert problem.receipt_id == UUID(int=9)
    assert [(one.code, one.field) for one in problem.errors] == [
        ("county-mismatch", "$.county"),
        ("unknown-field", "$.x"),
    ]
    assert [(one.detail, one.rule) for one in problem.errors] == [(one.message, one.rule) for one in BAD.refusals]
