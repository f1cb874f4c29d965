"""A person signs in at a real provider, which shares no code with us, and every service takes its tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.ports import free_ports
from duban_contracts.profile import City, load_city
from services.chassis.access.policy import routes_of
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.signin.door import SignIn
from services.chassis.access.signin.opening import open_door
from services.chassis.access.signin.people import pseudonym
from services.chassis.process.clock import SystemClock
from services.chassis.process.settings import ServiceSettings
from services.chassis.testing.kafka import eventually
from services.chassis.testing.processes import process
from services.chassis.unconnected import app_without_servers, service_names
from services.chassis.web.problems import Problem
from tests.clients.toolchains import needed, packages
from tests.signin.provider import AUDIENCE, HERE, PEOPLE, Provider, Signed, new_key

pytestmark = [pytest.mark.servers, pytest.mark.timeout(700)]

PROFILE = Path(__file__).parents[2] / "deploy" / "profiles" / "jincheng"
CITY: City = load_city(PROFILE)
# Seconds: a service that starts beside busy neighbours takes its time. The wait ends as soon as it can.
_STARTS = 300


class Shifted(SystemClock):
    """The system's clock, moved on by as much as a test says."""

    by = timedelta()

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    """The provider, running."""
    needed("node", "npm")
    made = Provider(tmp_path, await packages(HERE, "sign-in-provider"))
    made.start(new_key("first"))
    yield made
    made.stop()


def told(provider: Provider, **other: str) -> dict[str, str]:
    """What a service is told of this provider."""
    return {
        "DUBAN_OIDC_ISSUER": provider.issuer,
        "DUBAN_OIDC_AUDIENCE": AUDIENCE,
        "DUBAN_OIDC_PEOPLE": "claims",
        "DUBAN_OIDC_ACCOUNT_CLAIM": "duban_account",
        # A busy machine is no provider that is away.
        "DUBAN_OIDC_TIMEOUT_SECONDS": "60",
        **other,
    }


def door(provider: Provider, clock: SystemClock | None = None, **other: str) -> SignIn:
    """Our side, by the settings that a service would have."""
    said = {name.removeprefix("DUBAN_").lower(): value for name, value in told(provider, **other).items()}
    settings = ServiceSettings(postgres_dsn="postgresql://nowhere/", http_port=0, **said)  # type: ignore[arg-type]
    made = open_door(settings.issuer, PROFILE, CITY, clock or SystemClock())
    assert made is not None
    return made


async def code(sign_in: SignIn, token: str) -> str:
    with pytest.raises(Problem) as caught:
        await sign_in.authenticate(token)
    return caught.value.refusal.code


def keys_of(provider: Provider) -> KeySet:
    return KeySet.import_key_set(httpx.get(f"{provider.issuer}/jwks", timeout=60).json())


@pytest.mark.feature("SY65")
async def test_a_person_who_signs_in_is_the_account_that_the_claims_say(provider: Provider) -> None:
    regulator, operator, guest = (provider.sign_in(subject) for subject in PEOPLE)
    identity = jwt.decode(regulator.id_token, keys_of(provider), algorithms=["ES256"]).claims
    assert (identity["nonce"], identity["sub"]) == (regulator.nonce, "6f1c-regulator")
    by_account, by_subject = door(provider), door(provider, DUBAN_OIDC_ACCOUNT_CLAIM="")
    assert await by_account.authenticate(regulator.access_token) == Principal(
        "regulator-140502-1", "county_regulator", "140502", "emergency_management"
    )
    assert await by_subject.authenticate(operator.access_token) == Principal(
        pseudonym(provider.issuer, "77aa-operator"), "operator", "140500", None, ("coal_mine",)
    )
    assert await code(by_account, guest.access_token) == "token-claims-unusable"
    # What proves to the application who signed in opens nothing here: it is the application's.
    assert await code(by_account, regulator.id_token) == "token-audience-wrong"
    other = door(provider, DUBAN_OIDC_AUDIENCE="another-platform")
    assert await code(other, regulator.access_token) == "token-audience-wrong"


def closed_to(app: FastAPI, service: str, role: Role) -> str:
    """Return the path of an endpoint that this role may not use."""
    return next(
        route.path
        for route in routes_of(app, service)
        if route.action is not None
        and role not in route.action.roles
        and route.method == "GET"
        and "{" not in route.path
    )


@pytest.mark.feature("SY65")
async def test_every_service_takes_its_tokens(provider: Provider) -> None:
    token = provider.sign_in("77aa-operator").access_token
    sign_in = door(provider, DUBAN_OIDC_ACCOUNT_CLAIM="")
    for service in service_names():
        app = app_without_servers(service, sign_in)
        path = closed_to(app, service, Role.OPERATOR)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            # Known, and refused for the role: so nothing has to be read from a database to see it.
            known = await client.get(path, headers={"authorization": f"Bearer {token}"})
            assert (known.status_code, known.json()["code"]) == (403, "role-not-allowed"), (service, path)
            forged = await client.get(path, headers={"authorization": f"Bearer {token[:-8]}AAAAAAAA"})
            assert (forged.status_code, forged.json()["code"]) == (401, "token-signature-invalid"), service


@pytest.mark.feature("SY65")
async def test_a_provider_changes_its_keys_without_a_pause(provider: Provider) -> None:
    clock = Shifted()
    sign_in = door(provider, clock)
    old = provider.sign_in("6f1c-regulator").access_token
    await sign_in.authenticate(old)
    provider.stop()
    first = new_key("first")
    provider.start(new_key("second", "RS256"), first)
    new = provider.sign_in("6f1c-regulator").access_token
    clock.by += timedelta(seconds=11)
    assert (await sign_in.authenticate(new)).account == "regulator-140502-1", "an unknown key is asked for at once"
    assert await code(sign_in, old) == "token-signature-invalid", "and one that is gone is no longer trusted"


async def test_a_token_ends_when_it_says(provider: Provider) -> None:
    clock = Shifted()
    sign_in = door(provider, clock)
    token = provider.sign_in("6f1c-regulator").access_token
    await sign_in.authenticate(token)
    clock.by += timedelta(hours=2)
    assert await code(sign_in, token) == "token-expired"
    clock.by = -timedelta(hours=2)
    assert await code(sign_in, token) == "token-not-yet-valid"


async def ready(client: httpx.AsyncClient) -> list[str]:
    try:
        answer = await client.get("/readyz")
    except httpx.TransportError as error:
        raise AssertionError("not listening yet") from error
    missing: list[str] = answer.json()["missing"]
    return missing


def got(signed: Signed) -> dict[str, str]:
    return {"authorization": f"Bearer {signed.access_token}"}


@pytest.mark.feature("SY65")
async def test_a_service_that_starts_without_the_provider_says_so_and_one_that_knew_it_goes_on(
    provider: Provider, make_database: Callable[[], str]
) -> None:
    signed = provider.sign_in("6f1c-regulator")
    (port,) = free_ports(1)
    environment = {
        **told(provider),
        "DUBAN_POSTGRES_DSN": make_database(),
        "DUBAN_HTTP_PORT": str(port),
        "DUBAN_PROFILE": str(PROFILE),
    }
    address = f"http://127.0.0.1:{port}"
    provider.stop()
    running = process("ledger", environment, roles="http")
    async with running, httpx.AsyncClient(base_url=address, timeout=60) as client:

        async def said_what_is_missing() -> None:
            told = [line for line in await ready(client) if line.startswith("sign-in")]
            assert [line.partition(" (")[0] for line in told] == [f"sign-in: no keys of {provider.issuer}"]

        await eventually(said_what_is_missing, _STARTS)
        cold = await client.get("/v1/hazards", headers=got(signed))
        assert (cold.status_code, cold.json()["code"]) == (503, "sign-in-unavailable")
        assert "统一身份认证" in cold.json()["detail"]
        assert int(cold.headers["retry-after"]) > 0
        metrics = (await client.get("/metrics")).text
        assert f'duban_sign_in_keys_timestamp_seconds{{issuer="{provider.issuer}"}} 0.0' in metrics

        provider.start(new_key("first"))
        signed = provider.sign_in("6f1c-regulator")

        async def taken() -> None:
            assert not [line for line in await ready(client) if line.startswith("sign-in")]
            answer = await client.get("/v1/hazards", headers=got(signed))
            assert answer.status_code == 200, answer.text

        await eventually(taken, _STARTS)
        provider.stop()
        away = await client.get("/v1/hazards", headers=got(signed))
        assert away.status_code == 200, "known keys go on while the provider is away"
