"""A worker's report is on the enterprise's list, and who sent it is nowhere the enterprise looks (SY36)."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.insiders.saying import PATH, reported, saying
from services.ledger.tests.people import PEOPLE
from services.ledger.tests.tips.saying import does, reporter
from services.ledger.tests.vaults import InstalledVault


@pytest.mark.feature("SY36")
@pytest.mark.promise("P8")
async def test_a_workers_report_reaches_the_enterprises_list_without_the_workers_name_or_account(
    ledger: InProcess,
) -> None:
    person = reporter(name=f"工人{secrets.token_hex(6)}（虚构）")
    report = await reported(ledger, reporter=person)
    for who in ("principal", "worker"):
        listed = await ledger.get(PATH, who)
        assert report["number"] in {each["number"] for each in listed.json()["items"]}
        one = await ledger.get(f"{PATH}/{report['report_id']}", who)
        for answer in (listed, one):
            assert person["name"] not in answer.text
            assert person["phone"] not in answer.text
            assert "enterprise-user-1" not in answer.text
    rows = await ledger.pool.fetch("SELECT t::text FROM inside_report t WHERE report_id = $1", report["report_id"])
    assert "enterprise-user-1" not in rows[0][0]
    answers = "SELECT count(*) FROM idempotent_answer WHERE account = 'enterprise-user-1'"
    assert await ledger.pool.fetchval(answers) == 0


@pytest.mark.feature("SY36")
async def test_the_enterprise_handles_a_report_and_rewards_whoever_has_its_code(ledger: InProcess) -> None:
    code = secrets.token_hex(12)
    path = f"{PATH}/{(await reported(ledger, claim_code=code))['report_id']}"
    assert (await ledger.get(path, "principal")).headers["ETag"] == '"1"'
    stale = await ledger.client.post(
        f"{path}/handle", json={"measures": "停机"}, headers={**ledger.auth("principal"), "If-Match": '"2"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    handled = await does(ledger, f"{path}/handle", "principal", {"measures": "已停机并恢复除尘"})
    assert handled.headers["ETag"] == '"2"'
    assert (handled.json()["state"], handled.json()["measures"]) == ("handled", "已停机并恢复除尘")
    again = await does(ledger, f"{path}/handle", "principal", {"measures": "又一次"})
    assert (again.status_code, again.json()["code"]) == (409, "inside-report-handled")
    wrong = await does(ledger, f"{path}/reward", "principal", {"claim_code": secrets.token_hex(12), "amount": 1000})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "claim-code-wrong")
    paid = await does(ledger, f"{path}/reward", "principal", {"claim_code": code, "amount": 1000})
    assert paid.json()["reward"] == 1000
    twice = await does(ledger, f"{path}/reward", "principal", {"claim_code": code, "amount": 1000})
    assert (twice.status_code, twice.json()["code"]) == (409, "inside-report-rewarded")
    by_worker = await does(ledger, f"{path}/handle", "worker", {"measures": "自行处理"})
    assert (by_worker.status_code, by_worker.json()["code"]) == (403, "role-not-allowed")


async def test_the_same_code_again_is_the_same_report(ledger: InProcess) -> None:
    said = saying()
    first, again = [await does(ledger, PATH, "worker", said) for _ in range(2)]
    assert first.json() == again.json()
    other = await does(ledger, PATH, "worker", {**said, "content": "别的事"})
    assert (other.status_code, other.json()["code"]) == (409, "claim-code-used")


async def test_another_enterprise_sees_nothing_of_it(ledger: InProcess) -> None:
    report = await reported(ledger)
    hidden = await ledger.get(f"{PATH}/{report['report_id']}", "other-principal")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "inside-report-not-found")
    listed = (await ledger.get(PATH, "other-principal")).json()["items"]
    assert report["number"] not in {each["number"] for each in listed}


async def test_a_report_that_names_its_worker_is_sent_back_and_an_anonymous_one_is_taken(
    ledger: InProcess, vault: InstalledVault
) -> None:
    person = reporter(name="工人小赵（虚构）")
    named = await does(ledger, PATH, "worker", saying(content="工人小赵（虚构）反映风机停用", reporter=person))
    assert (named.status_code, named.json()["code"]) == (422, "identity-in-text")
    report = await reported(ledger, reporter=None)
    assert report["has_reporter"] is False
    connection = await asyncpg.connect(vault.owner_dsn)
    sealed = "SELECT count(*) FROM sealed_identity WHERE subject_id = $1"
    assert await connection.fetchval(sealed, report["report_id"]) == 0
    await connection.close()


@pytest.mark.feature("SY36")
@pytest.mark.parametrize("bound", [{"area": "140502001"}, {"area": "140502", "sectors": ("coal_mine",)}])
async def test_an_account_bound_to_a_township_or_to_sectors_is_the_enterprises_all_the_same(
    ledger: InProcess, bound: dict[str, Any]
) -> None:
    report = await reported(ledger)
    token, own = keys.new_token(), PEOPLE["principal"].enterprise
    name = f"principal-of-{bound['area']}-{len(bound)}"
    async with ledger.database.transaction() as connection:
        await keys.store(
            connection, [NewKey(Principal(name, Role.ENTERPRISE_PRINCIPAL, enterprise=own, **bound), token)]
        )
    auth = {"Authorization": f"Bearer {token}"}
    listed = await ledger.client.get(PATH, params={"limit": 1000}, headers=auth)
    assert report["number"] in {each["number"] for each in listed.json()["items"]}
    path = f"{PATH}/{report['report_id']}"
    assert (await ledger.client.get(path, headers=auth)).status_code == 200
    handled = await ledger.client.post(f"{path}/handle", json={"measures": "已停机"}, headers=auth)
    assert handled.status_code == 200, handled.text


@pytest.mark.feature("SY36")
@pytest.mark.promise("P8")
async def test_a_number_is_drawn_and_tells_nothing_of_the_days_order(
    ledger: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([70_000_001, 70_000_001, 5])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    numbers = [(await reported(ledger, claim_code=code * 24))["number"] for code in ("a", "b")]
    # The second drew the first one's and drew again.
    assert numbers == ["NB-140502-2026-70000001", "NB-140502-2026-00000005"]


@pytest.mark.promise("P8")
async def test_no_id_tells_at_what_hour_it_was_sent_and_the_list_still_goes_on_page_by_page(ledger: InProcess) -> None:
    sent = [await reported(ledger, reporter=None) for _ in range(3)]
    assert {UUID(each["report_id"]).version for each in sent} == {4}
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await ledger.get(PATH, "principal", limit=1, **({"after": after} if after else {}))).json()
        seen += [each["number"] for each in page["items"]]
        after = page.get("next")
        if after is None:
            break
    assert len(seen) == len(set(seen))
    assert {each["number"] for each in sent} <= set(seen)
