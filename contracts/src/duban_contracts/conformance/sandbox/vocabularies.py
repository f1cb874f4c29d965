"""The lists of codes as the sandbox publishes them: those of the contract, as the gateway does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from duban_contracts.conformance.sandbox.answers import Reply
from duban_contracts.profile import Level, Region
from duban_contracts.published import published, told


def regions_of(county: str) -> Sequence[Region]:
    """Return the divisions of a run that knows no profile: the publisher's own county, and its city."""
    city = Region(code=f"{county[:4]}00", name="沙箱市", level=Level.CITY)
    return (city, Region(code=county, name="沙箱县", level=Level.COUNTY))


def documents(regions: Sequence[Region]) -> list[dict[str, Any]]:
    """Return every list as the gateway answers with it."""
    return [
        {
            "name": each.name,
            "title": each.title,
            "terms": [
                {name: value for name, value in told(term).items() if value not in (None, ())} for term in each.terms
            ],
        }
        for each in published(regions)
    ]


KEPT: Final = {"Cache-Control": "private, no-cache"}


def unless(reply: Reply, known: str | None, headers: Mapping[str, str] = KEPT) -> Reply:
    """Return `reply` with the ETag of its content, or 304 for a reader that knows it already."""
    if reply.status != HTTPStatus.OK:
        return reply
    tag = f'"{hashlib.sha256(msgspec.json.encode(reply.document)).hexdigest()[:32]}"'
    tags = {each.strip().removeprefix("W/") for each in (known or "").split(",")}
    status = HTTPStatus.NOT_MODIFIED if tags & {"*", tag} else HTTPStatus.OK
    return Reply(status, reply.document, headers={"ETag": tag, **headers})
