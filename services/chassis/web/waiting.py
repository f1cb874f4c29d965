"""Waiting is part of HTTP (RFC 7240 `Prefer: wait=N`): what a caller wishes, and what an answer says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request

from services.chassis.web.problems import declares, joined, may_answer

LONGEST_WAIT: Final = 20
"""Seconds; proxies between here and a county cut what is silent for longer."""
_WAIT: Final = re.compile(r'\s*wait\s*=\s*(?:([0-9]{1,9})|"([0-9]{1,9})")\s*(?:;.*)?', re.IGNORECASE)
_DESCRIPTION: Final = f"RFC 7240：`wait=N` 表示愿等 N 秒（至多 {LONGEST_WAIT} 秒）；不认识的内容不予理会"
_APPLIED: Final = {"description": "听取了的等待秒数", "schema": {"type": "string", "examples": ["wait=20"]}}
_ETAG: Final = {"description": "放入 If-None-Match，即可等待下一次变化", "schema": {"type": "string"}}
_HEADERS: Final = {"ETag": _ETAG, "Preference-Applied": _APPLIED}


def preferred_wait(header: str | None) -> int:
    """Return how many seconds a `Prefer` header asks to wait, at most LONGEST_WAIT; 0 when it doesn't.

    What is malformed or unknown is ignored, and of several the first counts (RFC 7240 §2).
    """
    for preference in (header or "").split(","):
        if match := _WAIT.fullmatch(preference):
            return min(int(match[1] or match[2]), LONGEST_WAIT)
    return 0


@dataclass(frozen=True, slots=True)
class Wish:
    """For how many seconds a caller will wait for the answer to `request`; 0: not at all."""

    seconds: int
    request: Request

    @property
    def applied(self) -> dict[str, str]:
        """Return the headers that tell the caller whether its wish was heard, and for how long."""
        return {"Vary": "Prefer"} | ({"Preference-Applied": f"wait={self.seconds}"} if self.seconds else {})

    async def until_gone(self) -> None:
        """Return when the caller has hung up; a GET has no more to say before that."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


@may_answer("too-many-waiting")
async def _wished(request: Request, prefer: Annotated[str | None, Header(description=_DESCRIPTION)] = None) -> Wish:
    return Wish(preferred_wait(prefer) if prefer else 0, request)


Wait = Annotated[Wish, Depends(_wished)]
"""A route's parameter: for how many seconds the caller will wait."""


def waits(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of a route that can wait and may answer with these codes: what it says of an unchanged thing."""
    unchanged = {
        "description": "与 If-None-Match 所知相同；带 `Prefer: wait` 时，等待期满仍无变化",
        "headers": _HEADERS,
    }
    return joined({200: {"headers": _HEADERS}, 304: unchanged}, declares(*codes))
