"""What it serves: discovery and keys (OpenID Connect Discovery), and tokens (RFC 9068) by RFC 6749 §4.4.

A client is an account of the profile; its secret is the issuer's own, the same for all.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import uuid
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.chassis.access.accounts import Account
from services.chassis.access.roles import INTEGRATORS, holds
from services.chassis.access.signin.people import EVERY
from services.chassis.process.clock import Clock

LIFE_SECONDS: Final = 3600
GRANT: Final = "client_credentials"
_ALGORITHM: Final = "ES256"
# RFC 6749 §5.1 and §5.2.
_UNCACHED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def people(accounts: Iterable[Account]) -> dict[str, Account]:
    """Return those who may sign in, by account: everybody but the counties' machines, which have keys."""
    return {account.account: account for account in accounts if not holds(account, INTEGRATORS)}


class Issuer:
    """One issuer: `url` is its name and its address."""

    def __init__(
        self, url: str, audience: str, accounts: Iterable[Account], *, key: ECKey, secret: str, clock: Clock
    ) -> None:
        self.url = url
        self._audience = audience
        self._people = people(accounts)
        self._key = key
        self._secret = secret
        self._clock = clock

    def metadata(self) -> dict[str, Any]:
        """Return what discovery finds."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint": f"{self.url}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "grant_types_supported": [GRANT],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
        }

    def keys(self) -> Any:
        """Return the public half of the key."""
        return KeySet([self._key]).as_dict(private=False)

    def knows(self, account: str, secret: str) -> bool:
        """Return whether this is an account that may sign in, with the secret."""
        return hmac.compare_digest(secret.encode(), self._secret.encode()) and account in self._people

    def token(self, name: str) -> str:
        """Return a token of an account, good for an hour. The subject is a pseudonym, as a provider's should be."""
        account, now = self._people[name], int(self._clock.wall().timestamp())
        said = {
            "iss": self.url,
            "sub": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.url}/{name}")),
            "aud": self._audience,
            "client_id": name,
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_SECONDS,
            "jti": str(uuid.uuid4()),
            "duban_account": name,
            "duban_role": account.role.value,
            "duban_area": account.area,
            "duban_unit": account.unit,
            "duban_sectors": list(account.sectors) or EVERY,
            "duban_enterprise": account.enterprise,
        }
        claims = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": _ALGORITHM, "kid": self._key.kid, "typ": "at+jwt"}, claims, self._key)


def create_app(issuer: Issuer) -> FastAPI:
    """Return the issuer's app."""
    app = FastAPI(title="Duban development issuer", openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/.well-known/openid-configuration")
    async def metadata() -> dict[str, Any]:
        return issuer.metadata()

    @app.get("/keys")
    async def keys() -> Any:
        return issuer.keys()

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        form = parse_qs((await request.body()).decode("utf-8", errors="replace"))
        account, secret = _basic(request.headers.get("authorization", ""))
        if not issuer.knows(account, secret):
            headers = _UNCACHED | {"WWW-Authenticate": 'Basic realm="duban"'}
            return JSONResponse({"error": "invalid_client"}, status_code=401, headers=headers)
        if form.get("grant_type") != [GRANT]:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400, headers=_UNCACHED)
        answer = {"access_token": issuer.token(account), "token_type": "Bearer", "expires_in": LIFE_SECONDS}
        return JSONResponse(answer, headers=_UNCACHED)

    return app


def _basic(header: str) -> tuple[str, str]:
    """Return client and secret of RFC 6749 §2.3.1, empty when the header holds none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client), unquote_plus(secret)
