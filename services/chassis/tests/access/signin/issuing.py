"""A provider in memory: it signs what a test tells it to, publishes its keys, and counts how often it is asked."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, JWKRegistry, Key, KeySet

from services.chassis.access.signin.door import SignIn
from services.chassis.access.signin.people import Directory, by_claims
from services.chassis.access.signin.provider import Provider
from services.chassis.process.sign_in import ClaimNames, Issuer
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.access.city import CITY

URL: Final = "https://login.city.example/realms/gov"
AUDIENCE: Final = "duban"
NOW: Final = datetime(2026, 11, 26, 8, tzinfo=UTC)
NAMES: Final = ClaimNames(
    role="duban_role",
    area="duban_area",
    unit="duban_unit",
    sectors="duban_sectors",
    enterprise="duban_enterprise",
    account="duban_account",
)
# Made once: loading the system's authorities takes longer than a test.
ISSUER: Final = Issuer(URL, AUDIENCE, NAMES, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
REGULATOR: Final = {
    "duban_account": "regulator-1",
    "duban_role": "county_regulator",
    "duban_area": "140502",
    "duban_unit": "emergency_management",
    "duban_sectors": ["coal_mine"],
}


def new_key(kid: str, kind: str = "EC", size: str | int = "P-256") -> Key:
    return JWKRegistry.generate_key(kind, size, {"kid": kid, "use": "sig"})


def good(**changes: Any) -> dict[str, Any]:
    """Return the claims of a token that is good at NOW; None takes one away."""
    at = int(NOW.timestamp())
    claims = {"iss": URL, "sub": "6f1c", "aud": AUDIENCE, "iat": at, "exp": at + 300, **REGULATOR, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], key: Key, **header: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": key.kid, **header}, claims, key, algorithms=[header.get("alg", "ES256")])


@dataclass
class Issuing:
    """The provider. `away` makes it fail, `published` overrides what it answers under a path."""

    keys: list[Key] = field(default_factory=lambda: [new_key("first")])
    away: bool = False
    asked: int = 0
    published: dict[str, httpx.Response] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    served: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("nobody listens there")
        path = request.url.path
        if path in self.published:
            return self.published[path]
        if path == "/realms/gov/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": URL, "jwks_uri": f"{URL}/keys"})
        self.asked += 1
        self.served.set()
        return httpx.Response(200, json=KeySet(self.keys).as_dict())

    def provider(self, issuer: Issuer = ISSUER) -> Provider:
        return Provider(issuer, self.clock, transport=httpx.MockTransport(self.answer))

    def sign_in(self, directory: Directory | None = None) -> SignIn:
        whose = directory.whose if directory else by_claims(NAMES, CITY)
        return SignIn(ISSUER, self.clock, self.provider(), whose)

    def token(self, **changes: Any) -> str:
        return signed(good(**changes), self.keys[0])


FOREIGN: Final = ECKey.generate_key("P-256", {"kid": "first"})
"""A key of somebody else, under the name of the provider's own."""
