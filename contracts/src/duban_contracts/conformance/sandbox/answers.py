"""The documents with which the sandbox answers: as the gateway writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from duban_contracts.conformance.sandbox.script import Act
from duban_contracts.refusals import Refusal, refusal

# Codes that say more of a request than `invalid-field` when nothing else is wrong with it.
_OWN: Final = frozenset({"unknown-parameter", "repeated-parameter", "bad-cursor"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to send. `act` says how: not at all, or late."""

    status: int
    document: Any
    act: Act = Act.ANSWER
    headers: Mapping[str, str] = field(default_factory=dict)


class TurnedAway(Exception):
    """A request whose events are not looked at."""

    def __init__(self, found: Refusal) -> None:
        super().__init__(found.code)
        self.refusal = found


def problem_document(found: Refusal) -> dict[str, Any]:
    """Return a refusal as RFC 9457's problem."""
    return {
        "type": f"urn:duban:problem:{found.code}",
        "title": HTTPStatus(found.status).phrase,
        "status": found.status,
        "detail": found.message,
        "code": found.code,
        "field": found.field,
        "rule": found.rule,
    }


def problem(found: Refusal, act: Act = Act.ANSWER, retry_after: int | None = None) -> Reply:
    """Return the answer that is one refusal."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply(found.status, problem_document(found), act, headers)


def invalid(found: Sequence[Refusal]) -> Reply:
    """Return the answer to a request of which `found` is wrong: as the gateway tells all of it at once."""
    codes = {one.code for one in found}
    code = codes.pop() if len(codes) == 1 and codes <= _OWN else "invalid-field"
    first = found[0]
    told = problem_document(Refusal(code, first.message, first.field, first.rule))
    errors = [{"code": one.code, "detail": one.message, "field": one.field, "rule": one.rule} for one in found]
    return Reply(told["status"], told | {"errors": errors})


def refused_result(index: int, event_id: str | None, refusals: tuple[Refusal, ...]) -> dict[str, Any]:
    """Return the result of an event that was refused at once."""
    errors = [{"code": one.code, "detail": one.message, "field": one.field, "rule": one.rule} for one in refusals]
    told = problem_document(refusals[0]) | {"errors": errors}
    return {"index": index, "status": "rejected", "id": event_id, "problem": told}


def submission(results: list[dict[str, Any]], act: Act) -> Reply:
    """Return the answer to a request, from what became of each event."""
    accepted = sum(result["status"] == "queued" for result in results)
    members = {"accepted": accepted, "rejected": len(results) - accepted, "results": results}
    if accepted or not results:
        return Reply(HTTPStatus.ACCEPTED if accepted == len(results) else HTTPStatus.MULTI_STATUS, members, act)
    told = results[0]["problem"] if len(results) == 1 else _nothing(len(results))
    return Reply(told["status"], told | members, act)


def _nothing(count: int) -> dict[str, Any]:
    return problem_document(refusal("nothing-accepted", count=count))
