"""Which OpenID Connect provider a process trusts for people's sign-in, and what its tokens say about an account."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from services.chassis.process import tls
from services.chassis.process.secret_files import Environment, UnusableSetting

# What an asymmetric signature can be by RFC 7518, 8037 and 9864. Nothing else is ever taken: not `none`, and no HMAC,
# whose key would be the provider's public one.
ASYMMETRIC: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where a token's claims say who somebody is: names of claims, or dotted paths into nested ones."""

    role: str
    area: str
    unit: str
    sectors: str
    enterprise: str
    account: str | None = None
    """None: the account is a pseudonym made of issuer and subject."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A trusted provider: its address is its name (OpenID Connect Discovery §4), tokens are for `audience`."""

    url: str
    audience: str
    claims: ClaimNames | None = None
    """None: tokens say the subject only, and the profile's `people.json` says whose account that is."""
    algorithms: frozenset[str] = ASYMMETRIC
    skew_seconds: int = 30
    refresh_seconds: float = 300.0
    outage_seconds: float = 86_400.0
    timeout_seconds: float = 5.0
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    @property
    def encrypted(self) -> bool:
        """Whether the provider is reached by TLS."""
        return is_secure(self.url)


def is_secure(url: str) -> bool:
    """Return whether `url` is one of https."""
    return urlsplit(url).scheme == "https"


def is_usable(url: str) -> bool:
    """Return whether keys may be fetched from `url`: by https, or from this very machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


class SignInSettings(Environment):
    """What a process is told about the provider by which people sign in. Without an issuer keys alone are taken.

    What is given empty is not given: so files of settings can name everything that may be said.
    """

    oidc_issuer: str | None = Field(
        default=None,
        description="the OpenID Connect provider by which people sign in, as its tokens name it (`iss`); "
        "unset: keys alone are taken",
    )
    oidc_audience: str | None = Field(default=None, description="what tokens for this installation name as `aud`")
    oidc_ca: Path | None = Field(
        default=None, description="PEM file of the authority behind the provider's certificate; else the system's"
    )
    oidc_algorithms: str = Field(
        default=",".join(sorted(ASYMMETRIC)), description="comma-separated signature algorithms; asymmetric ones only"
    )
    oidc_people: Literal["directory", "claims"] = Field(
        default="directory",
        description="who says which account a person has: the profile's people.json by subject, or the token's claims",
    )
    oidc_account_claim: str | None = Field(
        default=None, description="claim with the opaque account; unset: a pseudonym made of issuer and subject"
    )
    oidc_role_claim: str = Field(default="duban_role", description="claim with the one role, or with a list of roles")
    oidc_area_claim: str = Field(default="duban_area", description="claim with the division code")
    oidc_unit_claim: str = Field(default="duban_unit", description="claim with the unit's code, if there is one")
    oidc_sectors_claim: str = Field(
        default="duban_sectors", description="claim with the sectors' codes, or `*` for all; never missing"
    )
    oidc_enterprise_claim: str = Field(
        default="duban_enterprise", description="claim with the 统一社会信用代码 of an enterprise's account"
    )
    oidc_skew_seconds: int = Field(
        default=30, ge=0, le=300, description="by how much the provider's clock may differ from ours"
    )
    oidc_refresh_seconds: float = Field(default=300.0, gt=0, description="how often the provider's keys are fetched")
    oidc_outage_hours: float = Field(
        default=24.0, gt=0, description="for how long its keys are trusted while the provider does not answer"
    )

    oidc_timeout_seconds: float = Field(
        default=5.0, gt=0, description="how long the provider may take to give its keys; requests may wait for that"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, said: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in said.items() if value != "" or not name.startswith("oidc_")}

    @property
    def issuer(self) -> Issuer | None:
        """The provider that these settings describe. Raises UnusableSetting when they don't go together."""
        if not self.oidc_issuer:
            return None
        if not is_usable(self.oidc_issuer):
            raise UnusableSetting("DUBAN_OIDC_ISSUER must be an https address (http only on this very machine)")
        if not self.oidc_audience:
            raise UnusableSetting("DUBAN_OIDC_ISSUER is given, which needs DUBAN_OIDC_AUDIENCE")
        algorithms = frozenset(name for each in self.oidc_algorithms.split(",") if (name := each.strip()))
        if not algorithms or not algorithms <= ASYMMETRIC:
            raise UnusableSetting(f"DUBAN_OIDC_ALGORITHMS may name {', '.join(sorted(ASYMMETRIC))} and nothing else")
        return Issuer(
            self.oidc_issuer,
            self.oidc_audience,
            self._claims if self.oidc_people == "claims" else None,
            algorithms,
            self.oidc_skew_seconds,
            self.oidc_refresh_seconds,
            self.oidc_outage_hours * 3600,
            self.oidc_timeout_seconds,
            tls.context(ca=self.oidc_ca),
        )

    @property
    def _claims(self) -> ClaimNames:
        return ClaimNames(
            role=self.oidc_role_claim,
            area=self.oidc_area_claim,
            unit=self.oidc_unit_claim,
            sectors=self.oidc_sectors_claim,
            enterprise=self.oidc_enterprise_claim,
            account=self.oidc_account_claim or None,
        )
