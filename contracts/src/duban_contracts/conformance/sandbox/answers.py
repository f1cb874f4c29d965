"""The documents with which the sandbox answers: as the gateway writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from duban_contracts.conformance.sandbox.script import Act
from duban_contracts.refusals import Refusal, broken_rule, problem_body, refusal

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


def problem(found: Refusal, act: Act = Act.ANSWER, retry_after: int | None = None) -> Reply:
    """Return the answer that is one refusal."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply(found.status, problem_body(found), act, headers)


def invalid(found: Sequence[Refusal]) -> Reply:
    """Return the answer to a request of which `found` is wrong: as the gateway tells all of it at once."""
    codes = {one.code for one in found}
    code = codes.pop() if len(codes) == 1 and codes <= _OWN else "invalid-field"
    first = found[0]
    told = problem_body(
        Refusal(code, first.message, first.field, first.rule), errors=[broken_rule(one) for one in found]
    )
    return Reply(told["status"], told)


def refused_result(index: int, event_id: str | None, refusals: tuple[Refusal, ...]) -> dict[str, Any]:
    """Return the result of an event that was refused at once."""
    told = problem_body(refusals[0], errors=[broken_rule(one) for one in refusals])
    known = {} if event_id is None else {"id": event_id}
    return {"index": index, "status": "rejected", **known, "problem": told}


def submission(results: list[dict[str, Any]], act: Act, *, dry_run: bool) -> Reply:
    """Return the answer to a request, from what became of each event; with `dry_run`, from what would have."""
    rejected = sum(result["status"] == "rejected" for result in results)
    members: dict[str, Any] = {"accepted": len(results) - rejected, "rejected": rejected, "results": results}
    if dry_run:
        members["dry_run"] = True
    if rejected < len(results) or not results:
        whole = HTTPStatus.OK if dry_run else HTTPStatus.ACCEPTED
        return Reply(HTTPStatus.MULTI_STATUS if rejected else whole, members, act)
    told = results[0]["problem"] if len(results) == 1 else _nothing(len(results))
    return Reply(told["status"], told | members, act)


def _nothing(count: int) -> dict[str, Any]:
    return problem_body(refusal("nothing-accepted", count=count))
