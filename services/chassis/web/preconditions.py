"""If-Match and ETag: a decision holds for the version it was made on (RFC 9110 §13.1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header

from duban_contracts.refusals import Refusal, refusal
from services.chassis.web.problems import Problem, may_answer

# Eighteen digits are more than any version has, and fit PostgreSQL's bigint.
_IF_MATCH: Final = re.compile(r'(?:\*|"([1-9][0-9]{0,17})")\Z')
_DESCRIPTION: Final = 'the version the decision rests on, e.g. "3"'
# For OpenAPI alone: FastAPI would answer 422, and a wrong header is 400.
_SCHEMA: Final = {"pattern": r'^(\*|"[1-9][0-9]{0,17}")$', "examples": ['"3"']}


@dataclass(frozen=True, slots=True)
class Precondition:
    """What the caller rests its decision on; without a version it takes the row as it is."""

    version: int | None = None

    def unmet(self, version: int) -> Refusal | None:
        """Return why a row of `version` is not the one the caller has seen (412 `version-mismatch`), or None."""
        if self.version in (None, version):
            return None
        return refusal("version-mismatch", field="If-Match", version=version)


def etag(version: int) -> str:
    """Return the ETag of a row's version, which the caller sends back as If-Match."""
    return f'"{version}"'


def parse_if_match(header: str | None) -> Precondition:
    """Return what If-Match asks for; raises Problem 400 `invalid-if-match` for anything but `"<version>"` or `*`."""
    if header is None:
        return Precondition()
    match = _IF_MATCH.match(header)
    if match is None:
        raise Problem("invalid-if-match", field="If-Match")
    return Precondition(int(match[1]) if match[1] else None)


@may_answer("invalid-if-match", "version-mismatch")
async def _expecting(
    if_match: Annotated[str | None, Header(description=_DESCRIPTION, json_schema_extra=_SCHEMA)] = None,
) -> Precondition:
    return parse_if_match(if_match)


Expecting = Annotated[Precondition, Depends(_expecting)]
"""A route's parameter: what the caller expects of the row that it is about to change."""
