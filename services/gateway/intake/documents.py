"""The JSON documents that say what became of a request's events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self
from uuid import UUID

from duban_contracts.refusals import broken_rule, problem_body
from services.chassis.web.documents import Document
from services.chassis.web.problems import ProblemDocument, Violation
from services.gateway.intake.model.claims import RefusedEvent
from services.gateway.intake.model.outcomes import Outcome, Queued


class EventProblem(ProblemDocument, frozen=True, kw_only=True, omit_defaults=True):
    """Why one event was refused; `receipt_id` is the receipt under which its id stands already."""

    receipt_id: UUID | None = None


class Result(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event; `index` counts from 0 in the order sent. `acceptable` is said in a dry run only."""

    index: int
    status: Literal["queued", "acceptable", "rejected"]
    id: str | None = None
    receipt_id: UUID | None = None
    problem: EventProblem | None = None


class Submission(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a request's events; with `dry_run`, what would have, and `accepted` counts the acceptable."""

    accepted: int
    rejected: int
    results: list[Result]
    dry_run: bool = False

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], *, dry_run: bool = False) -> Self:
        """Return what became of each event, in the order sent."""
        accepted = sum(isinstance(outcome, Queued) for outcome in outcomes)
        results = [_result(index, outcome, dry_run) for index, outcome in enumerate(outcomes)]
        return cls(accepted=accepted, rejected=len(results) - accepted, results=results, dry_run=dry_run)


def _result(index: int, outcome: Outcome, dry_run: bool) -> Result:  # noqa: FBT001 - passed on
    if isinstance(outcome, Queued):
        said: Literal["queued", "acceptable"] = "acceptable" if dry_run else "queued"
        return Result(index=index, status=said, id=outcome.event_id, receipt_id=outcome.receipt_id)
    return Result(index=index, status="rejected", id=outcome.event_id, problem=problem_of(outcome))


def problem_of(refused: RefusedEvent) -> EventProblem:
    """Return why an event was refused: the first refusal names it, `errors` holds all."""
    first = refused.refusals[0]
    return EventProblem(
        **problem_body(first),
        receipt_id=refused.receipt_id,
        errors=tuple(Violation(**broken_rule(each)) for each in refused.refusals),
    )
