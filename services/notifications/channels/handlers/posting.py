"""One POST to a checked address, nothing followed, the answer read: what every channel over HTTP stands on."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from services.notifications.channels.model.answers import Answer, Response, Verdict, read_http
from services.notifications.channels.model.channel import Parcel
from services.notifications.channels.model.destinations import (
    Destination,
    DestinationPolicy,
    DestinationRefused,
    choose,
    parse,
)

_LONGEST_ANSWER: Final = 64 * 1024
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

    `timeout` bounds a whole attempt in wall seconds.
    """

    def __init__(
        self,
        policy: DestinationPolicy,
        *,
        write: Callable[[Parcel, str], Post],
        read: Callable[[Response], Answer] = read_http,
        timeout: float = 10.0,
    ) -> None:
        self._policy = policy
        self._write = write
        self._read = read
        self._timeout = timeout
        # trust_env off: a proxy from the environment would choose its own address and undo the check.
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout)

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once. Until the connection stands nothing can have arrived; from there on, no answer is no news."""
        try:
            post = self._write(parcel, address)
            destination = parse(post.url)
            async with asyncio.timeout(self._timeout):
                chosen = choose(destination.host, await _resolve(destination), self._policy)
                return self._read(await self._post(post, destination, chosen))
        except DestinationRefused as error:
            return Answer(Verdict.PERMANENT, error.code)
        except socket.gaierror:
            return Answer(Verdict.TRANSIENT, "host-unresolved")
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Answer(Verdict.TRANSIENT, "connect-failed")
        except (httpx.TransportError, TimeoutError) as error:
            return Answer(Verdict.UNKNOWN, "no-answer", type(error).__name__)

    async def _post(self, post: Post, destination: Destination, chosen: str) -> Response:
        headers = {**post.headers, "host": _host_header(destination), "content-type": "application/json"}
        host = f"[{chosen}]" if ipaddress.ip_address(chosen).version == _IPV6 else chosen
        url = f"{destination.scheme}://{host}:{destination.port}{destination.target}"
        # The certificate is checked against the name in the profile, the connection goes to the checked address.
        extensions: dict[str, Any] = {"sni_hostname": destination.host}
        request = self._client.build_request("POST", url, content=post.body, headers=headers, extensions=extensions)
        response = await self._client.send(request, stream=True)
        try:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LONGEST_ANSWER:
                    break
        finally:
            await response.aclose()
        return Response(response.status_code, body, response.headers.get("retry-after"))


async def _resolve(destination: Destination) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _host_header(destination: Destination) -> str:
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    usual = destination.port == _DEFAULT_PORTS[destination.scheme]
    return host if usual else f"{host}:{destination.port}"
