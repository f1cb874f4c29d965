"""What a service tells the rights test of its endpoints: how to make a row, and which request reaches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import httpx

from services.chassis.access.principal import Principal
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database

_ROW_DIMENSIONS: Final = frozenset({Dimension.COUNTY, Dimension.TOWNSHIP, Dimension.SECTOR, Dimension.ENTERPRISE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; the method is the route's."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, client: httpx.AsyncClient, method: str, token: str | None) -> httpx.Response:
        """Send it as who holds `token`; None: as nobody."""
        known = {} if token is None else {"authorization": f"Bearer {token}"}
        return await client.request(
            method,
            self.path,
            params=dict(self.params),
            json=self.json,
            content=self.content,
            headers={**self.headers, **known},
        )


Make = Callable[[Database, Facts], Awaitable[Any]]
"""Makes one new row of exactly these facts (those that it can express) and returns what `call` needs to reach it."""

Refuses = Callable[[Principal], str | None]
"""Gives the code of a row's own refusal of an account, or None where it lets it."""


class Kind(Enum):
    """What an endpoint gives."""

    ITEM = auto()
    ROWS = auto()
    PLAIN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """How to try one endpoint, `GET /v1/hazards/{name}`. Made by `item`, `rows` or `plain`."""

    route: str
    kind: Kind
    call: Callable[[Any], Call]
    make: Make | None = None
    missing: Call | None = None
    shows: Callable[[httpx.Response, Any], bool] = lambda _, __: True
    carries: frozenset[Dimension] = _ROW_DIMENSIONS
    blind: frozenset[Dimension] = frozenset()
    refuses: Refuses = lambda _: None

    @classmethod
    def item(
        cls,
        route: str,
        *,
        make: Make,
        call: Callable[[Any], Call],
        missing: Call,
        carries: Iterable[Dimension] = _ROW_DIMENSIONS,
        refuses: Refuses = lambda _: None,
    ) -> Specimen:
        """Try one row: 2xx for whoever it exists for, for others the 404 of `missing`, a row that does not exist.

        A row is made anew for each request that may change it, in a state in which the request succeeds; `refuses` gives
        the code with which a rule of the row itself (this task is another unit's) says no to an account that finds it.
        """
        return cls(
            route=route,
            kind=Kind.ITEM,
            make=make,
            call=call,
            missing=missing,
            carries=frozenset(carries),
            refuses=refuses,
        )

    @classmethod
    def rows(
        cls,
        route: str,
        *,
        make: Make,
        call: Callable[[Any], Call],
        shows: Callable[[httpx.Response, Any], bool],
        carries: Iterable[Dimension] = _ROW_DIMENSIONS,
    ) -> Specimen:
        """Try a list, a count, an export: always 2xx, and `shows(answer, row)` says whether it tells of the row."""
        return cls(route=route, kind=Kind.ROWS, make=make, call=call, shows=shows, carries=frozenset(carries))

    @classmethod
    def plain(cls, route: str, *, call: Callable[[Facts], Call]) -> Specimen:
        """Try what needs no row: 2xx for whoever may do it; `call` gets facts that lie in the caller's own scope."""
        return cls(route=route, kind=Kind.PLAIN, call=call)
