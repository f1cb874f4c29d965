"""Errors over HTTP: RFC 9457 problem details with a stable code, a Chinese sentence, the field and the rule.

A code's status and sentence stand in the contract's catalogue (`duban_contracts.codes`), nowhere else. Routes raise
`Problem`, and name the codes they may answer with in `responses=declares(...)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar

import msgspec
from fastapi import Response

from duban_contracts.codes import CODES
from duban_contracts.refusals import PROBLEM_CONTENT_TYPE, Refusal, broken_rule, problem_body, refusal

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
PROBLEM_REF: Final = "#/components/schemas/Problem"
_PLACE: Final = re.compile(r"\{[a-z_]+\}")


class Violation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One broken rule: `code` for programs, `detail` for people, `rule` says what was expected."""

    code: str
    detail: str
    field: str | None = None
    rule: str | None = None


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details. `code` is stable and meant for programs, `detail` is Chinese and meant for people.

    `field` names what is wrong: a path inside the body (`evidence[0].name`), a parameter or a header; `errors` lists
    every broken rule where there may be several. A code may bring further members, such as the present `version`.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    rule: str | None = None
    errors: tuple[Violation, ...] = ()


class Problem(Exception):
    """An answer that is an error: `Problem("hazard-not-found")`, `Problem("rate-limited", seconds=3)`.

    `values` fill the sentence of `code`; raises KeyError for a code that the catalogue lacks and for a missing value.
    `of` takes a refusal as it is, with further members of the answer.
    """

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        self._tell(refusal(code, field=field, rule=rule, **values), headers, {})

    def _tell(self, said: Refusal, headers: Mapping[str, str] | None, extra: Mapping[str, Any]) -> None:
        super().__init__(f"{said.status} {said.code}: {said.message}")
        self.refusal = said
        self.status = said.status
        self.headers = dict(headers) if headers else None
        self.body = problem_body(said, **extra)

    @classmethod
    def of(cls, said: Refusal, *, headers: Mapping[str, str] | None = None, **extra: Any) -> Self:
        """Return the problem that answers with a refusal; `extra` become members of the answer."""
        problem = cls.__new__(cls)
        problem._tell(said, headers, extra)  # noqa: SLF001 - its own
        return problem

    @classmethod
    def of_all(cls, found: Sequence[Refusal], *, code: str = "invalid-field") -> Self:
        """Return the problem of a request that breaks rules: `field` and `rule` are the first one's, `errors` all."""
        first = found[0]
        named = Refusal(code, first.message, first.field, first.rule)
        return cls.of(named, errors=[broken_rule(one) for one in found])


def accepted(said: T | Refusal | list[Refusal]) -> T:
    """Return what was done where it was not refused; raises the Problem of the refusal, or of all of them."""
    if isinstance(said, Refusal):
        raise Problem.of(said)
    if isinstance(said, list):
        raise Problem.of(said[0]) if len(said) == 1 else Problem.of_all(said)
    return said


def respond(problem: Problem) -> Response:
    """Return a problem as a response."""
    return Response(
        msgspec.json.encode(problem.body),
        status_code=problem.status,
        headers=problem.headers,
        media_type=PROBLEM_CONTENT_TYPE,
    )


def declares(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses=` of a route that may answer with these codes; raises KeyError for an unknown one.

    What every route may answer (401, 403, 422, 503 and so on) is added by `Router`; name the route's own codes only.
    """
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code].status or HTTPStatus.UNPROCESSABLE_ENTITY, []).append(code)
    return {status: _response(*named) for status, named in sorted(by_status.items())}


def may_answer(*codes: str) -> Callable[[F], F]:
    """Say of a dependency (by decorating it) with which codes it may end a request; `Router` then declares them."""

    def mark(dependency: F) -> F:
        dependency.codes = codes  # type: ignore[attr-defined]
        return dependency

    return mark


def joined(
    *several: Mapping[int | str, dict[str, Any]],
) -> dict[int | str, dict[str, Any]]:
    """Return several `responses=` as one: where two declare one status, the codes of both stand there."""
    whole: dict[int | str, dict[str, Any]] = {}
    for responses in several:
        for status, response in responses.items():
            here, there = _codes_of(whole.get(status, {})), _codes_of(response)
            both = list(dict.fromkeys([*here, *there]))
            whole[status] = _response(*both) if here and there else {**whole.get(status, {}), **response}
    return whole


@cache
def _response(*codes: str) -> dict[str, Any]:
    """Return the OpenAPI Response Object of problems of one status; what a code means stands once, in components.

    The ledger's 212 routes declare 756 of 123 kinds, and FastAPI keeps each and changes none: one object of a kind saves 2 MB.
    """
    schema = {"allOf": [{"$ref": PROBLEM_REF}, {"properties": {"code": {"enum": list(codes)}}}]}
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    return {
        "description": "；".join(_shown(CODES[code].zh) for code in codes),
        "content": {PROBLEM_CONTENT_TYPE: {"schema": schema, "examples": examples}},
    }


def example(code: str) -> dict[str, Any]:
    """Return the OpenAPI Example Object of a code: what to do, and how the answer looks."""
    meaning = CODES[code]
    said = Refusal(code, _shown(meaning.zh), rule=_shown(meaning.en))
    return {"summary": meaning.do_zh, "value": problem_body(said)}


def _shown(sentence: str) -> str:
    """Return a sentence of the catalogue with its places left open."""
    return _PLACE.sub("…", sentence)


def _codes_of(response: Mapping[str, Any]) -> list[str]:
    return list(response.get("content", {}).get(PROBLEM_CONTENT_TYPE, {}).get("examples", {}))
