"""What a process is told of the sign-in provider: safe as it is, refused by name where it isn't."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.chassis.process.secret_files import UnusableSetting
from services.chassis.process.sign_in import ASYMMETRIC, ClaimNames, Issuer, SignInSettings

URL = "https://login.city.example/realms/gov"


def told(**said: object) -> SignInSettings:
    return SignInSettings(**{"oidc_issuer": URL, "oidc_audience": "duban", **said})  # type: ignore[arg-type]


def test_without_an_issuer_nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SignInSettings().issuer is None
    # As compose passes on what a city hasn't named yet.
    monkeypatch.setenv("DUBAN_OIDC_ISSUER", "")
    monkeypatch.setenv("DUBAN_OIDC_AUDIENCE", "")
    assert SignInSettings().issuer is None


def test_an_issuer_and_an_audience_are_enough_and_the_rest_is_strict() -> None:
    issuer = told().issuer
    assert issuer is not None
    assert (issuer.url, issuer.audience, issuer.claims) == (URL, "duban", None)
    assert (issuer.algorithms, issuer.skew_seconds) == (ASYMMETRIC, 30)
    assert (issuer.refresh_seconds, issuer.outage_seconds) == (300, 86_400)
    assert issuer.encrypted


def test_what_is_given_empty_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of settings may name all that can be said, as compose's does."""
    for field in SignInSettings.model_fields:
        monkeypatch.setenv(f"DUBAN_{field.upper()}", "")
    assert SignInSettings() == SignInSettings.model_construct()
    assert told().issuer == Issuer(URL, "duban")
    claims = told(oidc_people="claims").issuer
    assert claims is not None
    assert claims.claims == ClaimNames("duban_role", "duban_area", "duban_unit", "duban_sectors", "duban_enterprise")


def test_claims_have_names_of_ours_unless_the_city_has_others() -> None:
    issuer = told(oidc_people="claims", oidc_role_claim="realm_access.roles", oidc_account_claim="").issuer
    assert issuer is not None
    assert issuer.claims == ClaimNames(
        "realm_access.roles", "duban_area", "duban_unit", "duban_sectors", "duban_enterprise", None
    )


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"oidc_audience": None}, "DUBAN_OIDC_AUDIENCE"),
        ({"oidc_audience": ""}, "DUBAN_OIDC_AUDIENCE"),
        ({"oidc_issuer": "http://login.city.example"}, "DUBAN_OIDC_ISSUER"),
        ({"oidc_issuer": "login.city.example"}, "DUBAN_OIDC_ISSUER"),
        ({"oidc_issuer": "https://"}, "DUBAN_OIDC_ISSUER"),
        ({"oidc_issuer": "http://127.0.0.1.city.example"}, "DUBAN_OIDC_ISSUER"),
        ({"oidc_algorithms": "RS256,none"}, "DUBAN_OIDC_ALGORITHMS"),
        ({"oidc_algorithms": "HS256"}, "DUBAN_OIDC_ALGORITHMS"),
        ({"oidc_algorithms": ","}, "DUBAN_OIDC_ALGORITHMS"),
        ({"oidc_ca": Path("/nowhere")}, "/nowhere can't be used"),
    ],
)
def test_what_is_not_safe_or_not_whole_is_refused_by_name(said: dict[str, object], name: str) -> None:
    with pytest.raises(UnusableSetting, match=name):
        _ = told(**said).issuer


@pytest.mark.parametrize(
    "said",
    [{"oidc_skew_seconds": 301}, {"oidc_skew_seconds": -1}, {"oidc_people": "anybody"}, {"oidc_outage_hours": 0}],
)
def test_what_is_out_of_bounds_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(said))):
        told(**said)


def test_an_issuer_on_this_very_machine_may_come_without_tls() -> None:
    issuer = told(oidc_issuer="http://127.0.0.1:18027", oidc_algorithms="ES256, RS256").issuer
    assert issuer is not None
    assert not issuer.encrypted
    assert issuer.algorithms == {"ES256", "RS256"}
