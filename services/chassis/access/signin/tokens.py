"""Whether a token is one that its issuer gave for us and that is good now (RFC 7519, 8725, 9068). Pure.

The library verifies; here stands what we ask of it, in which order, and which code of the catalogue each answer has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import (
    ClaimError,
    ExpiredTokenError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from duban_contracts.not_json import NOT_JSON
from services.chassis.access.signin.refusals import Claims, TokenRefused
from services.chassis.process.sign_in import Issuer

# RFC 8725 §3.11: a token of another kind (of a logout, say) is no access token. Most providers say JWT or nothing.
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt", "application/jwt"})
# In the order in which they are checked: whose it is before how long it is good for.
_CHECKED: Final = ("iss", "sub", "aud", "exp", "nbf", "iat")


class _Registry(jws.JWSRegistry):
    # Providers may add a certificate chain; the library's 512 bytes are too few for one.
    max_header_length = 8192


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was read and not verified: nothing of it is true yet."""

    kid: str | None
    signed: jws.CompactSignature = field(repr=False)
    claims: Claims = field(repr=False)


def read(text: str, issuer: Issuer) -> Token:
    """Return what a token says, unverified; raises TokenRefused for one that can't be the issuer's.

    So a stranger's token never makes us ask the provider for keys.
    """
    registry = _registry(issuer)
    try:
        signed = jws.extract_compact(text.encode(), registry=registry)
        header = signed.headers()
        registry.check_header(header)
        registry.get_alg(header["alg"])
    except UnsupportedAlgorithmError as error:
        raise TokenRefused("token-unsupported", rule="signed by one of the algorithms allowed here") from error
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TokenRefused("token-malformed") from error
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise TokenRefused("token-unsupported", rule="an access token")
    try:
        claims = msgspec.json.decode(signed.payload, type=dict[str, Any])
    except NOT_JSON as error:
        raise TokenRefused("token-malformed") from error
    if claims.get("iss") != issuer.url:
        raise TokenRefused("token-issuer-unknown")
    return Token(header.get("kid"), signed, claims)


def verify(token: Token, keys: KeySet, issuer: Issuer, now: datetime) -> Claims:
    """Return a token's claims, which are true: signed by one of `keys`, for us, good at `now` (wall time).

    A token that names no key is taken when the issuer has one only. Raises TokenRefused.
    """
    try:
        genuine = jws.validate_compact(token.signed, keys, registry=_registry(issuer))
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused("token-signature-invalid") from error
    if not genuine:
        raise TokenRefused("token-signature-invalid")
    asked = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=issuer.skew_seconds,
        iss={"essential": True, "value": issuer.url},
        sub={"essential": True},
        aud={"essential": True, "value": issuer.audience},
        exp={"essential": True},
    )
    try:
        asked.validate({name: token.claims[name] for name in _CHECKED if name in token.claims})
    except ClaimError as error:
        raise _refused(error, token.claims) from error
    return token.claims


def _refused(error: ClaimError, claims: Claims) -> TokenRefused:
    if isinstance(error, ExpiredTokenError):
        return TokenRefused("token-expired")
    if "aud" in error.claim.split(","):
        return TokenRefused("token-audience-wrong")
    if error.claim in {"nbf", "iat"} and isinstance(claims.get(error.claim), int | float):
        return TokenRefused("token-not-yet-valid")
    return TokenRefused("token-malformed", claim=error.claim)


def _registry(issuer: Issuer) -> jws.JWSRegistry:
    # Not strict: RFC 7515 §4 says to ignore what is unknown in a header and not marked as critical.
    return _Registry(algorithms=issuer.algorithms, strict_check_header=False)
