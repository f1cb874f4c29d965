"""Keys: only digests are stored, two are live, and what an account is now holds for the keys it has."""

from __future__ import annotations

import json
from collections.abc import Callable

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.chassis.access.keys import Authenticator, NewKey, new_token, revoke, store
from services.chassis.access.policy import Access
from services.chassis.access.principal import Principal
from services.chassis.storage.database import Database
from services.chassis.storage.schema import CHASSIS_MIGRATIONS
from services.chassis.tests.access.city import CITY

WHO = Principal("r1", "county_regulator", "140502")


@pytest.fixture(autouse=True)
def nothing_is_remembered(app: FastAPI, opened: Database) -> None:
    app.state.access = Access(Authenticator(opened, seconds=0), CITY)


async def provision(database: Database, *keys: NewKey) -> None:
    async with database.transaction() as connection:
        await store(connection, keys)


async def get(client: httpx.AsyncClient, token: str | None, path: str = "/v1/things") -> httpx.Response:
    return await client.get(path, headers={"authorization": f"Bearer {token}"} if token else {})


async def live(database: Database, account: str) -> list[str]:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT key_id FROM api_key WHERE account = $1 AND revoked_at IS NULL", account)
    return sorted(row["key_id"] for row in rows)


async def test_an_account_has_two_live_keys_and_the_newest_stay(client: httpx.AsyncClient, opened: Database) -> None:
    keys = [NewKey(WHO, new_token()) for _ in range(3)]
    await provision(opened, *keys)
    assert await live(opened, "r1") == sorted(key.token[4:20] for key in keys[1:])
    await provision(opened, *keys[1:])
    assert [(await get(client, key.token)).status_code for key in keys] == [401, 200, 200]
    async with opened.acquire() as connection:
        assert await revoke(connection, keys[1].token[4:20])
        assert not await revoke(connection, keys[1].token[4:20])
        stored = await connection.fetch("SELECT api_key::text AS everything FROM api_key")
    assert [(await get(client, key.token)).status_code for key in keys] == [401, 401, 200]
    await provision(opened, keys[1])
    assert (await get(client, keys[1].token)).status_code == 401, "a revoked key stays revoked"
    assert all(key.token[21:] not in row["everything"] for key in keys for row in stored), "no secret is stored"


async def test_an_accounts_new_role_area_and_enterprise_take_effect_with_its_old_key(
    client: httpx.AsyncClient, opened: Database
) -> None:
    token, uscc = new_token(), "91140502XXXX000192"
    async with opened.acquire() as connection:
        await connection.execute(
            """INSERT INTO thing (name, county, township, enterprise)
               VALUES ('a', '140502', '140502001', $1), ('b', '140521', NULL, NULL)""",
            uscc,
        )

    async def names(principal: Principal) -> list[str]:
        await provision(opened, NewKey(principal, token))
        answer = await get(client, token)
        assert answer.status_code == 200, answer.text
        listed: list[str] = answer.json()["names"]
        return listed

    await provision(opened, NewKey(Principal("r1", "operator", "140502"), token))
    refused = await get(client, token)
    assert (refused.status_code, refused.json()["code"]) == (403, "role-not-allowed")
    assert await names(Principal("r1", "county_regulator", "140521")) == ["b"]
    assert await names(Principal("r1", "city_regulator", "140500")) == ["a", "b"]
    assert await names(Principal("r1", "township_officer", "140502001")) == ["a"]
    assert await names(Principal("r1", "township_officer", "140502002")) == []
    assert await names(Principal("r1", "enterprise_user", "140500", enterprise=uscc)) == ["a"]
    assert await names(Principal("r1", "enterprise_user", "140500")) == []


async def test_without_a_good_key_there_is_a_401_that_says_how(client: httpx.AsyncClient, opened: Database) -> None:
    token = new_token()
    await provision(opened, NewKey(WHO, token))
    wrong_secret = token[:21] + "A" * 43
    for header in (
        None,
        token,
        f"Basic {token}",
        f"Bearer {token}x",
        f"Bearer {wrong_secret}",
        f"Bearer {new_token()}",
    ):
        response = await client.get("/v1/things", headers={"authorization": header} if header else {})
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated"), header
        assert response.headers["www-authenticate"] == "Bearer"
        assert token[21:] not in json.dumps(response.json())
    assert (await get(client, token)).status_code == 200


async def test_a_live_key_is_remembered_for_a_while(client: httpx.AsyncClient, app: FastAPI, opened: Database) -> None:
    app.state.access = Access(Authenticator(opened, seconds=60), CITY)
    token = new_token()
    await provision(opened, NewKey(WHO, token))
    assert (await get(client, token)).status_code == 200
    async with opened.acquire() as connection:
        assert await revoke(connection, token[4:20])
    assert (await get(client, token)).status_code == 200, "other processes notice when they look again"
    assert (await get(client, token[:21] + "A" * 43)).status_code == 401


@pytest.mark.parametrize("area", ["1405", "14050", "14050200", "140502001001", "14050a", ""])
async def test_an_area_is_six_or_nine_digits(opened: Database, area: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await provision(opened, NewKey(Principal("t", "township_officer", area), new_token()))


async def test_enterprises_that_were_named_by_their_unit_are_bound_by_their_column(
    make_database: Callable[[], str],
) -> None:
    connection = await asyncpg.connect(make_database())
    try:
        await connection.execute((CHASSIS_MIGRATIONS / "0001_chassis.sql").read_text(encoding="utf-8"))
        await connection.executemany(
            "INSERT INTO api_key (key_id, digest, account, role, area, unit) VALUES ($1, '', $1, $2, '140502', $3)",
            [
                ("e", "enterprise_user", "91140502XXXX000192"),
                ("f", "enterprise_principal", None),
                ("r", "county_regulator", "emergency_management"),
            ],
        )
        await connection.execute((CHASSIS_MIGRATIONS / "0002_access.sql").read_text(encoding="utf-8"))
        rows = await connection.fetch("SELECT account, unit, enterprise FROM api_key ORDER BY account")
    finally:
        await connection.close()
    assert [tuple(row) for row in rows] == [
        ("e", None, "91140502XXXX000192"),
        ("f", None, None),
        ("r", "emergency_management", None),
    ]
