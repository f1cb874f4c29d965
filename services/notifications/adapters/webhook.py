"""Letters to a county's system: one signed POST to a checked address, nothing followed, the answer read."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from typing import Any, Final

import httpx
import msgspec

from services.chassis.process.clock import Clock
from services.notifications.adapters.signatures import Signer
from services.notifications.domain.answers import read_http
from services.notifications.domain.delivery import Answer, Verdict
from services.notifications.domain.destinations import (
    Destination,
    DestinationPolicy,
    DestinationRefusedError,
    choose,
    parse,
)
from services.notifications.domain.records import Parcel

_LONGEST_ANSWER: Final = 64 * 1024
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


# httpx logs every request's URL at INFO, and an office's URL is its address.
logging.getLogger("httpx").setLevel(logging.WARNING)


class WebhookChannel:
    """The webhook channel; `timeout` bounds a whole attempt in wall seconds."""

    def __init__(self, *, policy: DestinationPolicy, signer: Signer, clock: Clock, timeout: float = 10.0) -> None:
        self._policy = policy
        self._signer = signer
        self._clock = clock
        self._timeout = timeout
        # trust_env off: a proxy from the environment would choose its own address and undo the check.
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout)

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once; every attempt of a delivery carries the same `webhook-id`, so the receiver can drop repeats."""
        try:
            destination = parse(address)
            async with asyncio.timeout(self._timeout):
                chosen = choose(destination.host, await _resolve(destination), self._policy)
                return await self._post(parcel, destination, chosen)
        except DestinationRefusedError as error:
            return Answer(Verdict.PERMANENT, error.code)
        except socket.gaierror:
            return Answer(Verdict.TRANSIENT, "host-unresolved")
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Answer(Verdict.TRANSIENT, "connect-failed")
        except (httpx.TransportError, TimeoutError) as error:
            return Answer(Verdict.UNKNOWN, "no-answer", type(error).__name__)

    async def _post(self, parcel: Parcel, destination: Destination, chosen: str) -> Answer:
        body = document(parcel)
        headers = self._signer.headers(
            parcel.endpoint or "", message_id=str(parcel.delivery_id), at=self._clock.wall(), body=body
        )
        headers["host"] = _host_header(destination)
        headers["content-type"] = "application/json"
        host = f"[{chosen}]" if ipaddress.ip_address(chosen).version == 6 else chosen  # noqa: PLR2004
        url = f"{destination.scheme}://{host}:{destination.port}{destination.target}"
        # The certificate is checked against the name in the profile, the connection goes to the checked
        # address.
        extensions: dict[str, Any] = {"sni_hostname": destination.host}
        request = self._client.build_request("POST", url, content=body.encode(), headers=headers, extensions=extensions)
        response = await self._client.send(request, stream=True)
        try:
            answer = b""
            async for chunk in response.aiter_bytes():
                answer += chunk
                if len(answer) > _LONGEST_ANSWER:
                    break
        finally:
            await response.aclose()
        return read_http(response.status_code, answer, response.headers.get("retry-after"))


def document(parcel: Parcel) -> str:
    """Return the body of a letter's webhook: the same bytes on every attempt."""
    content = {
        "type": "duban.letter.issued",
        "timestamp": parcel.issued_at,
        "data": {
            "letter_id": str(parcel.letter_id),
            "number": parcel.number,
            "kind": parcel.kind,
            "title": parcel.title,
            "text": parcel.body,
            "hazard_number": parcel.hazard_number,
            "county": parcel.county,
            "unit": parcel.unit,
            "deadline_on": parcel.deadline_on,
        },
    }
    return msgspec.json.encode(content).decode()


async def _resolve(destination: Destination) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _host_header(destination: Destination) -> str:
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    usual = destination.port == _DEFAULT_PORTS[destination.scheme]
    return host if usual else f"{host}:{destination.port}"
