"""A provider's keys: found by discovery, kept, fetched again when they are old or a token names one that is unknown.

While the provider is away its last keys go on being trusted, for as long as the settings say. Ages are wall time.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import httpx
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from duban_contracts.not_json import NOT_JSON, reason
from services.chassis.process import tls
from services.chassis.process.clock import Clock, back_off
from services.chassis.process.periodic import rest
from services.chassis.process.sign_in import Issuer, is_usable
from services.chassis.telemetry import metrics

_log = structlog.get_logger(__name__)

T = TypeVar("T")

# Whatever strangers put into `kid`: the provider is asked no more often than this.
GAP: Final = timedelta(seconds=10)
_MOST_BYTES: Final = 1 << 20
_DISCOVERY: Final = "/.well-known/openid-configuration"
_ASYMMETRIC: Final = frozenset({"RSA", "EC", "OKP"})


class ProviderAway(Exception):
    """There are no keys to verify by; the sentence says why the provider gives none."""


class _Unusable(Exception):
    """What the provider answered can't be used."""


class _Discovery(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class Provider:
    """The keys of one issuer. `transport` replaces the network in tests."""

    def __init__(self, issuer: Issuer, clock: Clock, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._issuer = issuer
        self._clock = clock
        self._transport = transport
        self._one_at_a_time = asyncio.Lock()
        self._keys: KeySet | None = None
        self._fetched: datetime | None = None
        self._tried: datetime | None = None
        self._trouble = "it was not asked yet"
        self._answered = True
        # Never fetched is as old as time itself, so a restart makes no old fault young.
        self._told = metrics.SIGN_IN_KEYS.labels(issuer.url)
        self._told.set(0)

    async def keys(self, kid: str | None) -> KeySet:
        """Return the keys, fetched anew if none is called `kid` and the last attempt is long enough ago.

        Raises ProviderAway when there are none. Whether one of them is called `kid` is not promised.
        """
        keys = self._trusted()
        if keys is None or not _knows(keys, kid):
            async with self._one_at_a_time:
                if self._tried is None or self._clock.wall() - self._tried >= GAP:
                    await self.fetch()
            keys = self._trusted()
        if keys is None:
            raise ProviderAway(self._trouble)
        return keys

    async def fetch(self) -> bool:
        """Ask the provider for its keys; return whether it gave some. Those of before stay when it gave none."""
        self._tried = self._clock.wall()
        try:
            async with asyncio.timeout(self._issuer.timeout_seconds):
                self._keys = await self._ask()
        except (_Unusable, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._trouble = self._why(error)
            self._answered = False
            _log.warning("provider's keys can't be fetched", issuer=self._issuer.url, reason=self._trouble)
            return False
        self._answered = True
        self._fetched = self._clock.wall()
        self._told.set(self._fetched.timestamp())
        return True

    async def run(self, stopping: asyncio.Event) -> None:
        """Keep the keys fresh until `stopping`."""
        failures = 0
        while not stopping.is_set():
            if await self.fetch():
                failures = 0
                await rest(self._issuer.refresh_seconds, clock=self._clock, stopping=stopping)
            else:
                await back_off(self._clock, failures)
                failures += 1

    async def missing(self) -> str | None:
        """Return what stands in the way of signing in, None when nothing does. Readiness asks this."""
        return None if self._trusted() else f"sign-in: no keys of {self._issuer.url} ({self._trouble})"

    async def unanswered(self) -> str | None:
        """Return why the provider gave no keys when it was last asked, None when it gave some. `duban_dependency_up` tells."""
        return None if self._answered else self._trouble

    def _why(self, error: BaseException) -> str:
        """Return in words what is in the way; the library hides what the network said behind errors of its own."""
        if isinstance(error, _Unusable):
            return str(error)
        below: BaseException | None = error
        while below is not None:
            if isinstance(below, ssl.SSLError):
                return tls.reason(below)
            if isinstance(below, TimeoutError | httpx.TimeoutException):
                return f"no answer within {self._issuer.timeout_seconds:.0f} s"
            below = below.__cause__ or below.__context__
        return f"no answer: {type(error).__name__}"

    def _trusted(self) -> KeySet | None:
        if self._keys is None or self._fetched is None:
            return None
        age = self._clock.wall() - self._fetched
        return self._keys if age.total_seconds() < self._issuer.outage_seconds else None

    async def _ask(self) -> KeySet:
        async with httpx.AsyncClient(
            transport=self._transport,
            verify=self._issuer.tls or True,
            timeout=self._issuer.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        ) as client:
            found = _decoded(await _body(client, self._issuer.url.rstrip("/") + _DISCOVERY), _Discovery)
            # OpenID Connect Discovery §4.3: otherwise one provider could speak for another.
            if found.issuer != self._issuer.url:
                raise _Unusable(f"it calls itself {found.issuer}")
            if not is_usable(found.jwks_uri):
                raise _Unusable("its keys are not published by https")
            published = _decoded(await _body(client, found.jwks_uri), _Keys)
        if not (usable := [key for each in published.keys if (key := _imported(each)) is not None]):
            raise _Unusable("it publishes no key that can be used")
        return KeySet(usable)


async def _body(client: httpx.AsyncClient, url: str) -> bytes:
    async with client.stream("GET", url, headers={"accept": "application/json"}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise _Unusable(f"{url} answers {answer.status_code}")
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise _Unusable(f"{url} answers more than {_MOST_BYTES} bytes")
    return bytes(body)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        raise _Unusable(f"its answer can't be read ({reason(error)})") from error


def _imported(published: dict[str, Any]) -> Key | None:
    """Return a key that signatures can be verified by; None for any other, which RFC 7517 §5 says to pass over."""
    try:
        if published.get("kty") not in _ASYMMETRIC or published.get("use", "sig") != "sig":
            return None
        key = JWKRegistry.import_key(published)
        key.ensure_kid()
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key


def _knows(keys: KeySet, kid: str | None) -> bool:
    return kid is None or any(key.kid == kid for key in keys)
