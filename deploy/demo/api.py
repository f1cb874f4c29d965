"""The platform's HTTP APIs as its users call them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]

_ATTEMPTS = 90


@dataclass(frozen=True, slots=True)
class Platform:
    """Where the services are, the keys of the accounts, and one HTTP client for all."""

    client: httpx.AsyncClient
    urls: Mapping[str, str]
    keys: Mapping[str, str]

    async def get(self, service: str, path: str, account: str, **query: object) -> Json:
        """GET `path` as `account`; raises httpx.HTTPStatusError on an error answer."""
        return await self._call("GET", service, path, account, params={k: v for k, v in query.items() if v is not None})

    async def post(self, service: str, path: str, account: str, body: Json | None, *, once: str | None = None) -> Json:
        """POST `body` to `path` as `account`; raises httpx.HTTPStatusError on an error answer.

        Under the key `once` a command whose answer was lost is not carried out a second time.
        """
        headers = {} if once is None else {"Idempotency-Key": once}
        return await self._call("POST", service, path, account, json=body, headers=headers)

    async def pages(self, service: str, path: str, account: str, **query: object) -> AsyncIterator[Json]:
        """Yield every item of a keyset-paged list."""
        after = None
        while True:
            page = await self.get(service, path, account, **query, after=after)
            for item in page["items"]:
                yield item
            after = page.get("next")
            if after is None:
                return

    async def _call(
        self,
        method: str,
        service: str,
        path: str,
        account: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Json:
        headers = {"Authorization": f"Bearer {self.keys[account]}", **(headers or {})}
        for attempt in range(_ATTEMPTS):
            try:
                response = await self.client.request(method, self.urls[service] + path, headers=headers, **more)
            except httpx.TransportError:
                # A service that was killed is back within seconds; users press the button again.
                if attempt == _ATTEMPTS - 1:
                    raise
                await asyncio.sleep(1)
                continue
            # Away, or still busy with what was asked before its answer was lost.
            if response.status_code == 503 or _is_under_way(response):  # noqa: PLR2004
                await asyncio.sleep(1)
                continue
            response.raise_for_status()
            answer: Json = response.json()
            return answer
        raise TimeoutError(f"{method} {path}: {service} did not answer")


def _is_under_way(response: httpx.Response) -> bool:
    """Return whether the first request of this key has no answer yet."""
    return response.status_code == 409 and response.json().get("code") == "idempotency-in-progress"  # noqa: PLR2004
