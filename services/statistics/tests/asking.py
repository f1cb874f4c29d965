"""Asking for figures over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from services.chassis.access import keys
from services.chassis.access.principal import Principal
from services.statistics.tests.bench import Books


class Client:
    """Asks for figures, as one account or another."""

    def __init__(self, http: httpx.AsyncClient, books: Books) -> None:
        self.http = http
        self._books = books

    async def speak_as(self, principal: Principal) -> None:
        """Ask as this account from now on."""
        token = keys.new_token()
        async with self._books.database.transaction() as connection:
            await keys.store(connection, [keys.NewKey(principal, token)])
        self.http.headers["Authorization"] = f"Bearer {token}"

    async def get(self, path: str, **parameters: str) -> httpx.Response:
        """GET; a trailing underscore keeps a parameter's name from being a keyword."""
        return await self.http.get(path, params={name.rstrip("_"): value for name, value in parameters.items()})

    async def figures(self, path: str, **parameters: str) -> dict[str, Any]:
        """GET an answer that has to be there."""
        answer = await self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
