"""People come with tokens beside keys: over HTTP each bad one is told precisely, and no log names a person."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import Depends
from prometheus_client import REGISTRY, generate_latest

from duban_contracts.codes import CODES
from services.chassis.access.policy import Action, allow
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import EVERYBODY, Role
from services.chassis.access.signin import refusals
from services.chassis.access.signin.door import SignIn
from services.chassis.access.signin.opening import open_door
from services.chassis.access.signin.people import FILE, Directory
from services.chassis.process.secret_files import UnusableSetting
from services.chassis.process.sign_in import Issuer
from services.chassis.storage.database import Database
from services.chassis.testing.rights.people import Sample, people
from services.chassis.tests.access import example
from services.chassis.tests.access.city import CITY
from services.chassis.tests.access.signin.issuing import ISSUER, NOW, Issuing, good, new_key, signed
from services.chassis.tests.access.world import app_with, key_of
from services.chassis.web.routes import Router

AT = int(NOW.timestamp())
ANYBODY = allow(Action("example.things.look", "查看", roles=EVERYBODY))
PERSON = {"name": "王小明", "email": "wangxiaoming@city.example", "phone_number": "13800138000", "sub": "wang-0001"}


@pytest.fixture
def issuing() -> Issuing:
    return Issuing()


@asynccontextmanager
async def serving(opened: Database, issuing: Issuing, *routers: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = app_with(opened, *(routers or example.routers(example.Things(opened))), sign_in=issuing.sign_in())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def get(client: httpx.AsyncClient, token: str, path: str = "/v1/things") -> httpx.Response:
    return await client.get(path, headers={"authorization": f"Bearer {token}"})


def bad_tokens(issuing: Issuing) -> dict[str, str]:
    """Return a token of each bad kind, all of one person."""
    return {
        "token-expired": issuing.token(exp=AT - 60, **PERSON),
        "token-not-yet-valid": issuing.token(nbf=AT + 60, **PERSON),
        "token-audience-wrong": issuing.token(aud="another", **PERSON),
        "token-issuer-unknown": issuing.token(iss="https://other.example", **PERSON),
        "token-signature-invalid": signed(good(**PERSON), new_key("first")),
        "token-unsupported": signed(good(**PERSON), issuing.keys[0], typ="logout+jwt"),
        "token-claims-unusable": issuing.token(**PERSON, duban_area="140100"),
        "token-malformed": issuing.token(**PERSON)[3:],
    }


@pytest.mark.feature("SY65")
async def test_each_bad_token_is_a_401_that_says_what_is_wrong(opened: Database, issuing: Issuing) -> None:
    async with serving(opened, issuing) as client:
        for code, token in bad_tokens(issuing).items():
            answer = await get(client, token)
            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert answer.json()["detail"] == CODES[code].zh
            said = answer.headers["www-authenticate"]
            assert said == f'Bearer realm="duban", error="invalid_token", error_description="{CODES[code].en}"'
            assert said.isascii(), "RFC 6750 allows no other characters"
            assert token not in answer.text
        unusable = (await get(client, bad_tokens(issuing)["token-claims-unusable"])).json()
        assert unusable["field"] == "duban_area"
        assert "140100 is no division" in unusable["rule"]
        assert (await get(client, issuing.token())).status_code == 200


@pytest.mark.feature("SY65")
async def test_keys_go_on_beside_tokens_and_without_an_issuer_a_token_is_no_key(
    opened: Database, issuing: Issuing
) -> None:
    key = await key_of(opened, Principal("machine", "county_regulator", "140502"))
    async with serving(opened, issuing) as client:
        assert (await client.get("/v1/things", headers=key)).status_code == 200
        nothing = await client.get("/v1/things")
        assert (nothing.status_code, nothing.headers["www-authenticate"]) == (401, "Bearer")
        other = await client.get("/v1/things", headers={"authorization": f"Basic {issuing.token()}"})
        assert other.json()["code"] == "unauthenticated"
    app = app_with(opened, *example.routers(example.Things(opened)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        refused = await get(client, issuing.token())
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


@pytest.mark.feature("SY65")
async def test_whoever_signs_in_and_has_no_account_here_is_told_so(
    opened: Database, issuing: Issuing, tmp_path: Path
) -> None:
    known = {"subject": "6f1c", "account": "p-0117", "role": "county_regulator", "area": "140502"}
    (tmp_path / FILE).write_text(json.dumps([known]), encoding="utf-8")
    door = issuing.sign_in(Directory(tmp_path, CITY, issuing.clock))
    app = app_with(opened, *example.routers(example.Things(opened)), sign_in=door)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        # Its claims say a role and an area; where the directory decides, they open nothing.
        stranger = await get(client, issuing.token(sub="0000"))
        assert (stranger.status_code, stranger.json()["code"]) == (401, "token-account-unknown")
        assert 'error="invalid_token"' in stranger.headers["www-authenticate"]
        assert (await get(client, issuing.token())).status_code == 200


def as_claims(who: Principal) -> dict[str, Any]:
    """Return what a provider says of an account, written out by hand."""
    said = {"duban_account": who.account, "duban_role": str(who.role), "duban_area": who.area}
    return {
        **said,
        "duban_unit": who.unit,
        "duban_sectors": list(who.sectors) or "*",
        "duban_enterprise": who.enterprise,
    }


@pytest.mark.feature("SY65")
async def test_a_token_and_a_key_of_one_account_are_the_same_caller_in_every_role_and_scope(
    opened: Database, issuing: Issuing
) -> None:
    seen: list[Caller] = []
    routes = Router(prefix="/v1")

    @routes.get("/me")
    async def me(caller: Annotated[Caller, Depends(ANYBODY)]) -> example.TextDocument:
        seen.append(caller)
        return example.TextDocument(text=caller.account)

    met: set[str] = set()
    async with serving(opened, issuing, routes) as client:
        for person in people(Sample.of(CITY)):
            who = person.principal
            by_token = await get(client, issuing.token(**as_claims(who)), "/v1/me")
            if who.role == Role.INTEGRATOR:
                assert (by_token.status_code, by_token.json()["field"]) == (401, "duban_role"), person.name
                continue
            if by_token.status_code == 401:
                # Accounts of no city's profile: the test of rights has them, a provider must not bring them in.
                assert by_token.json()["code"] == "token-claims-unusable"
                continue
            by_key = await client.get("/v1/me", headers=await key_of(opened, who))
            assert by_key.status_code == by_token.status_code == 200, person.name
            first, second = seen[-2:]
            assert first == second, person.name
            assert first.principal == who, person.name
            met.add(who.role)
    assert met == {role.value for role in Role} - {"integrator"}


@pytest.mark.feature("SY65")
async def test_while_the_provider_is_away_known_keys_go_on_and_a_cold_start_is_a_503(
    opened: Database, issuing: Issuing
) -> None:
    sign_in = issuing.sign_in()
    app = app_with(opened, *example.routers(example.Things(opened)), sign_in=sign_in)
    key = await key_of(opened, Principal("machine", "county_regulator", "140502"))
    issuing.away = True
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        before = REGISTRY.get_sample_value("duban_sign_in_tokens_total", {"outcome": "sign-in-unavailable"}) or 0
        cold = await get(client, issuing.token())
        assert (cold.status_code, cold.json()["code"]) == (503, "sign-in-unavailable")
        assert cold.json()["detail"] == CODES["sign-in-unavailable"].zh
        assert cold.headers["retry-after"] == "10"
        after = REGISTRY.get_sample_value("duban_sign_in_tokens_total", {"outcome": "sign-in-unavailable"})
        assert after == before + 1
        assert (await client.get("/v1/things", headers=key)).status_code == 200, "machines are not concerned"
        issuing.away = False
        await sign_in.provider.fetch()
        issuing.away = True
        assert (await get(client, issuing.token())).status_code == 200


@pytest.mark.feature("SY65")
async def test_no_log_metric_or_trace_holds_a_token_or_who_somebody_is(
    opened: Database, issuing: Issuing, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as lines:
        async with serving(opened, issuing) as client:
            tokens = [*bad_tokens(issuing).values(), issuing.token(**PERSON)]
            for token in tokens:
                await get(client, token)
            # Who signed in and may not: the line of the refusal names the account.
            refused = await get(client, issuing.token(**PERSON, duban_role="observer"))
            assert refused.status_code == 403
    told = json.dumps(lines, default=str, ensure_ascii=False) + caplog.text + generate_latest().decode()
    assert [line["code"] for line in lines if line["event"] == "token refused"] == list(bad_tokens(issuing))
    assert not [value for value in PERSON.values() if value in told]
    assert not [token for token in tokens if token in told or token.split(".")[1] in told]


def test_a_city_in_production_trusts_no_issuer_without_tls(issuing: Issuing, tmp_path: Path) -> None:
    local = Issuer("http://127.0.0.1:18027", "duban", ISSUER.claims)
    assert CITY.production
    with pytest.raises(UnusableSetting, match="must be https"):
        SignIn.of(local, tmp_path, CITY, issuing.clock)
    assert SignIn.of(ISSUER, tmp_path, CITY, issuing.clock)
    assert open_door(None, tmp_path, CITY, issuing.clock) is None


def test_every_route_declares_what_a_token_may_be_answered_with() -> None:
    assert set(refusals.CODES) <= set(allow(example.READ).codes)
