"""The development issuer: its tokens open what a key of the same account opens, and it serves no city in production."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import httpx
import pytest

from deploy.local import sign_in
from deploy.local.issuer.__main__ import issuer, main
from deploy.local.issuer.app import Issuer, create_app
from deploy.local.settings import Settings, load
from deploy.local.trouble import Trouble
from duban_contracts.profile import load_city
from services.chassis.access.accounts import load_accounts
from services.chassis.access.signin.door import SignIn
from services.chassis.access.signin.people import by_claims
from services.chassis.access.signin.provider import Provider
from services.chassis.process.clock import SystemClock
from services.chassis.process.settings import ServiceSettings

PORT = 18027
CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"DUBAN_HOME": str(tmp_path)})


@pytest.fixture
def served(settings: Settings) -> Issuer:
    return issuer(settings.profile, PORT, sign_in.credentials(settings), sign_in.AUDIENCE)


def client(served: Issuer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(served)), base_url=served.url)


async def ask(served: Issuer, account: str, secret: str, **form: str) -> httpx.Response:
    async with client(served) as asking:
        return await asking.post("/token", auth=(account, secret), data={"grant_type": "client_credentials", **form})


def secret(settings: Settings) -> str:
    return (sign_in.credentials(settings) / "secret").read_text(encoding="utf-8")


@pytest.mark.feature("SY65")
async def test_every_person_of_the_example_gets_a_token_that_is_the_account(settings: Settings, served: Issuer) -> None:
    told = {
        name.removeprefix("DUBAN_").lower(): value
        for name, value in sign_in.environment(load({"DUBAN_PORT_BASE": "18000"})).items()
    }
    trusted = ServiceSettings(postgres_dsn="postgresql://nowhere/", http_port=0, **told).issuer  # type: ignore[arg-type]
    assert trusted is not None
    city = load_city(settings.profile)
    provider = Provider(trusted, CLOCK, transport=httpx.ASGITransport(create_app(served)))
    assert trusted.claims is not None
    door = SignIn(trusted, CLOCK, provider, by_claims(trusted.claims, city))
    people = [account for account in load_accounts(settings.profile, city) if account.role != "integrator"]
    assert people
    for account in people:
        answer = await ask(served, account.account, secret(settings))
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
        assert await door.authenticate(answer.json()["access_token"]) == account.principal


async def test_a_countys_machine_and_whoever_has_not_the_secret_get_no_token(
    settings: Settings, served: Issuer
) -> None:
    for account, given in (
        ("county-140502", secret(settings)),
        ("nobody", secret(settings)),
        ("city-regulator-1", "guess"),
        ("city-regulator-1", ""),
        ("", ""),
    ):
        answer = await ask(served, account, given)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
        assert answer.headers["www-authenticate"].startswith("Basic")
    other = await ask(served, "city-regulator-1", secret(settings), grant_type="password")
    assert (other.status_code, other.json()) == (400, {"error": "unsupported_grant_type"})
    async with client(served) as asking:
        for header in ("", "Bearer x", "Basic !", "Basic w7w="):
            assert (await asking.post("/token", headers={"authorization": header})).status_code == 401


async def test_only_the_public_half_of_the_key_is_published(served: Issuer) -> None:
    async with client(served) as asking:
        (key,) = (await asking.get("/keys")).json()["keys"]
    assert "d" not in key
    assert (key["kty"], key["use"]) == ("EC", "sig")


def test_key_and_secret_are_kept_and_readable_by_their_owner_only(settings: Settings, served: Issuer) -> None:
    again = issuer(settings.profile, PORT, sign_in.credentials(settings), sign_in.AUDIENCE)
    assert again.keys() == served.keys()
    for file in sign_in.credentials(settings).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def production(settings: Settings, tmp_path: Path, *, said: bool) -> Settings:
    """Return the settings of a real city: one that says so, or one that doesn't say that it is an example."""
    profile = tmp_path / "real"
    shutil.copytree(settings.profile, profile)
    city = json.loads((profile / "city.json").read_text(encoding="utf-8"))
    del city["production"]
    if said:
        city["production"] = True
    (profile / "city.json").write_text(json.dumps(city), encoding="utf-8")
    return load({"DUBAN_HOME": str(tmp_path), "DUBAN_PROFILE": str(profile)})


@pytest.mark.feature("SY65")
@pytest.mark.parametrize("said", [True, False])
def test_it_refuses_to_serve_a_city_in_production(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    said: bool,
) -> None:
    real = production(settings, tmp_path, said=said)
    program = sign_in.program(real)
    for name, value in program.environment.items():
        monkeypatch.setenv(name, value)
    assert main() == 1
    assert "a city in production" in capsys.readouterr().err
    assert not sign_in.credentials(real).exists(), "not even a key is made"
    assert not sign_in.offered(real), "and `make up` neither starts it nor tells services of it"
    with pytest.raises(Trouble, match="Its own provider gives tokens"):
        sign_in.token(real, "city-regulator-1")
    assert sign_in.offered(settings)


@pytest.mark.parametrize(
    ("wanted", "account"),
    [
        ("county-regulator", "regulator-140502-1"),
        ("county_regulator", "regulator-140502-1"),
        ("regulator-140581-2", "regulator-140581-2"),
        ("operator", "operator-1"),
    ],
)
def test_a_token_is_asked_for_by_role_or_by_account(settings: Settings, wanted: str, account: str) -> None:
    assert sign_in.account_of(settings, wanted) == account


@pytest.mark.parametrize("wanted", ["", "king", "integrator", "county-140502"])
def test_whoever_does_not_sign_in_is_refused_with_the_names_that_do(settings: Settings, wanted: str) -> None:
    with pytest.raises(Trouble, match=r"make token AS=NAME.*county-regulator"):
        sign_in.account_of(settings, wanted)


def test_without_a_running_issuer_there_is_no_token_and_a_word_on_what_to_do(settings: Settings) -> None:
    with pytest.raises(Trouble, match="make up"):
        sign_in.token(settings, "city-regulator-1")


def test_a_profile_that_cannot_be_read_is_trouble_in_a_sentence(tmp_path: Path) -> None:
    nowhere = load({"DUBAN_HOME": str(tmp_path), "DUBAN_PROFILE": str(tmp_path / "nowhere")})
    with pytest.raises(Trouble, match="cannot be used"):
        sign_in.offered(nowhere)
