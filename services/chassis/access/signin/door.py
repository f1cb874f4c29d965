"""The door by which people come in: a token in, a principal or the precise refusal out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import structlog

from duban_contracts.codes import CODES as MEANINGS
from duban_contracts.profile import City
from services.chassis.access.principal import Principal
from services.chassis.access.signin import tokens
from services.chassis.access.signin.people import Directory, by_claims
from services.chassis.access.signin.provider import GAP, Provider, ProviderAway
from services.chassis.access.signin.refusals import AWAY, CODES, Claims, TokenRefused
from services.chassis.process.clock import Clock
from services.chassis.process.secret_files import UnusableSetting
from services.chassis.process.sign_in import Issuer
from services.chassis.telemetry import metrics, tracing
from services.chassis.web.problems import Problem

_ACCEPTED: Final = "accepted"
_log = structlog.get_logger(__name__)


class SignIn:
    """Takes tokens of one issuer. `whose` says of true claims whose account they mean; raises TokenRefused."""

    def __init__(self, issuer: Issuer, clock: Clock, provider: Provider, whose: Callable[[Claims], Principal]) -> None:
        self._issuer = issuer
        self._clock = clock
        self.provider = provider
        self._whose = whose
        for outcome in (_ACCEPTED, *CODES):
            metrics.SIGN_IN_TOKENS.labels(outcome)

    @classmethod
    def of(cls, issuer: Issuer, profile: Path, city: City, clock: Clock) -> Self:
        """Return the door for people whom `issuer` knows.

        Raises ProfileError for a wrong `people.json`, and UnusableSetting for an issuer without TLS in production.
        """
        if city.production and not issuer.encrypted:
            raise UnusableSetting("DUBAN_OIDC_ISSUER must be https: the profile is one of a city in production")
        whose = Directory(profile, city, clock).whose if issuer.claims is None else by_claims(issuer.claims, city)
        return cls(issuer, clock, Provider(issuer, clock), whose)

    async def authenticate(self, text: str) -> Principal:
        """Return who comes with this token; raises Problem 401 for a bad one, 503 while there are no keys."""
        try:
            principal = await self._admitted(text)
        except TokenRefused as refused:
            self._note(refused.code, refused.claim)
            raise _challenge(refused) from refused
        except ProviderAway as away:
            self._note(AWAY)
            raise Problem(AWAY, headers={"Retry-After": str(int(GAP.total_seconds()))}) from away
        metrics.SIGN_IN_TOKENS.labels(_ACCEPTED).inc()
        return principal

    async def _admitted(self, text: str) -> Principal:
        token = tokens.read(text, self._issuer)
        keys = await self.provider.keys(token.kid)
        return self._whose(tokens.verify(token, keys, self._issuer, self._clock.wall()))

    @staticmethod
    def _note(code: str, claim: str | None = None) -> None:
        # Neither the token nor anything that it says: before it is verified anybody can have written it.
        metrics.SIGN_IN_TOKENS.labels(code).inc()
        _log.warning("token refused", code=code, claim=claim, traceparent=tracing.current_traceparent())


def _challenge(refused: TokenRefused) -> Problem:
    """Return the 401 as RFC 6750 §3 words it, for programs that read the header alone."""
    said = MEANINGS[refused.code].en
    headers = {"WWW-Authenticate": f'Bearer realm="duban", error="invalid_token", error_description="{said}"'}
    return Problem(refused.code, field=refused.claim, rule=refused.rule, headers=headers)
