"""ETag and If-None-Match: what a reader knows already is not told again (RFC 9110 §13.1.2)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Header, Response

from services.chassis.web.documents import JSON
from services.chassis.web.preconditions import etag

_ENCODER: Final = msgspec.json.Encoder()
_TAG: Final = re.compile(r'"[^"]{0,200}"')
_ANYTHING: Final = "*"
_DESCRIPTION: Final = '已知内容的 ETag，如 "3"；没有变化时回答 304'


@dataclass(frozen=True, slots=True)
class IfNoneMatch:
    """What a reader has already; without an If-None-Match it has nothing."""

    tags: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tags)

    def holds(self, tag: str) -> bool:
        """Return whether the reader has what `tag` stands for; `*` stands for anything that exists."""
        return tag in self.tags or _ANYTHING in self.tags


def parse_if_none_match(header: str | None) -> IfNoneMatch:
    """Return what If-None-Match names, weak tags like strong ones; what can't be read is no tag that we gave."""
    if not header:
        return IfNoneMatch()
    return IfNoneMatch(frozenset(_ANYTHING if header.strip() == _ANYTHING else _TAG.findall(header)))


async def _known(
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", description=_DESCRIPTION)] = None,
) -> IfNoneMatch:
    return parse_if_none_match(if_none_match)


KnownTags = Annotated[IfNoneMatch, Depends(_known)]
"""A route's parameter: what the caller knows already of what it asks for."""


class Tagged:
    """A document, encoded once, with its ETag: that of its version, or else of its content. `headers` are sent with it."""

    def __init__(
        self, document: object, *, version: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self._body = _ENCODER.encode(document)
        self.tag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"' if version is None else etag(version)
        self._headers = {"ETag": self.tag, **(headers or {})}

    def unless(self, known: IfNoneMatch) -> Response:
        """Return the document, or 304 for a caller that has it."""
        if known.holds(self.tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=self._headers)
        return Response(self._body, media_type=JSON, headers=self._headers)
