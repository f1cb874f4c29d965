"""One POST to a checked address, nothing followed, the answer read: what every channel over HTTP stands on."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from services.notifications.channels.model.answers import (
    LONGEST_BODY,
    Answer,
    Away,
    Response,
    Verdict,
    read_http,
    unpacked,
)
from services.notifications.channels.model.channel import Parcel
from services.notifications.channels.model.destinations import (
    Destination,
    DestinationPolicy,
    DestinationRefused,
    choose,
    parse,
)

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_IPV6: Final = 6

# httpx logs every request's URL at INFO, and an office's URL is its address.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Post:
    """A message over HTTP: where to, its JSON, and headers of its own."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpCarrier:
    """Sends what `write` makes of a parcel and its address, and takes what `read` makes of the response.

    `timeout` bounds a whole attempt in wall seconds; `url` tells where an address leads.
    """

    def __init__(
        self,
        policy: DestinationPolicy,
        *,
        write: Callable[[Parcel, str], Post],
        read: Callable[[Response], Answer] = read_http,
        url: Callable[[str], str] = str,
        timeout: float = 10.0,
    ) -> None:
        self._policy = policy
        self._write = write
        self._read = read
        self._url = url
        self._timeout = timeout
        # trust_env off: a proxy from the environment would choose its own address and undo the check.
        # Half of the time for the connection: when that runs out, it is certain that nothing has arrived.
        limits = httpx.Timeout(timeout, connect=timeout / 2)
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=limits)

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once. Until the connection stands nothing can have arrived; from there on, no answer is no news.

        Once a status has come it decides, whatever becomes of the body.
        """
        end = asyncio.get_running_loop().time() + self._timeout
        try:
            post = self._write(parcel, address)
            destination = parse(post.url)
            async with asyncio.timeout_at(end):
                chosen = choose(destination.host, await _resolve(destination), self._policy)
        except DestinationRefused as error:
            return Answer(Verdict.PERMANENT, error.code)
        except (OSError, TimeoutError):
            return Answer(Verdict.TRANSIENT, "host-unresolved", away=Away.UNREACHED)
        request = self._request(post, destination, chosen)
        try:
            async with asyncio.timeout_at(end):
                response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Answer(Verdict.TRANSIENT, "connect-failed", away=Away.UNREACHED)
        except Exception as error:  # noqa: BLE001 - whatever the client raises here, nobody knows what became of it
            return Answer(Verdict.UNKNOWN, "no-answer", type(error).__name__, away=Away.UNSERVED)
        headers = response.headers
        body = unpacked(await _body(response, end), headers.get("content-encoding"))
        return self._read(Response(response.status_code, body, headers.get("retry-after")))

    def place(self, address: str, away: Away) -> str:
        """Return host and port for what can't be reached, else the address itself: behind one host stand many systems."""
        if away is Away.UNSERVED:
            return address
        destination = parse(self._url(address))
        return f"{destination.host}:{destination.port}"

    async def reachable(self, address: str) -> bool:
        """Return whether an allowed address of the host takes a connection; nothing is said over it."""
        try:
            destination = parse(self._url(address))
            async with asyncio.timeout(self._timeout / 2):
                chosen = choose(destination.host, await _resolve(destination), self._policy)
                _, writer = await asyncio.open_connection(chosen, destination.port)
        except (DestinationRefused, OSError, TimeoutError):
            return False
        writer.close()
        return True

    def _request(self, post: Post, destination: Destination, chosen: str) -> httpx.Request:
        headers = {
            **post.headers,
            "host": _host_header(destination),
            "content-type": "application/json",
            "accept-encoding": "identity",
        }
        host = f"[{chosen}]" if ipaddress.ip_address(chosen).version == _IPV6 else chosen
        url = f"{destination.scheme}://{host}:{destination.port}{destination.target}"
        # The certificate is checked against the name in the profile, the connection goes to the checked address.
        extensions: dict[str, Any] = {"sni_hostname": destination.host}
        return self._client.build_request("POST", url, content=post.body, headers=headers, extensions=extensions)


async def _body(response: httpx.Response, end: float) -> bytes:
    """Return the beginning of a body, as much as came until `end` (the loop's time)."""
    body = b""
    # The status is known: neither a body that breaks off nor one that never ends makes the outcome unknown.
    with suppress(Exception):
        async with asyncio.timeout_at(end):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= LONGEST_BODY:
                    break
    with suppress(Exception):
        await response.aclose()
    return body


async def _resolve(destination: Destination) -> list[str]:
    """Return the addresses of a host. Raises OSError for none, DestinationRefused for what can be no host's name."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise DestinationRefused("url-malformed") from error
    return [str(entry[4][0]) for entry in found]


def _host_header(destination: Destination) -> str:
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    usual = destination.port == _DEFAULT_PORTS[destination.scheme]
    return host if usual else f"{host}:{destination.port}"
