"""交办 over HTTP: given, answered, sent back, settled; and the leaders' list of what is unanswered past its date."""

from __future__ import annotations

from typing import Any

import pytest

from services.chassis.access import keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.ledger.tests.in_process import InProcess

GIVEN = {
    "document": "晋市安委办交〔2026〕5号",
    "matter": "三家加油站动火作业未审批",
    "unit": "emergency_management",
    "county": "140502",
    "due_on": "2026-06-01",
}


async def send(ledger: InProcess, path: str, body: dict[str, Any], who: str, **headers: str) -> dict[str, Any]:
    answer = await ledger.client.post(f"/v1/assignments{path}", json=body, headers={**ledger.auth(who), **headers})
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def on_leaders_list(ledger: InProcess, given: dict[str, Any]) -> dict[str, Any] | None:
    answer = await ledger.get("/v1/assignments/unanswered", "director", limit=1000)
    assert answer.status_code == 200, answer.text
    return next((each for each in answer.json()["items"] if each["assignment_id"] == given["assignment_id"]), None)


@pytest.mark.feature("SY32")
async def test_an_assignment_unanswered_past_its_date_stands_on_the_leaders_list_with_its_history(
    ledger: InProcess,
) -> None:
    given = await send(ledger, "", GIVEN, "office")
    path = f"/{given['assignment_id']}"
    # Its own day counts to its end.
    assert await on_leaders_list(ledger, given) is None
    # The tests' clock stands still: the day moves instead.
    await ledger.pool.execute("UPDATE assignment SET due_on = '2026-05-30' WHERE assignment_id = $1", path[1:])
    owed = await on_leaders_list(ledger, given)
    assert owed is not None
    assert owed["days_overdue"] == 2
    assert [(step["move"], step["text"]) for step in owed["history"]] == [("assign", GIVEN["matter"])]
    answered = await send(ledger, f"{path}/answer", {"answer": "已责令补办审批"}, "bureau")
    assert (answered["state"], answered["late"], answered["days_overdue"]) == ("answered", True, 0)
    assert await on_leaders_list(ledger, given) is None
    back = await send(ledger, f"{path}/return", {"reason": "请附复查记录"}, "office")
    again = await on_leaders_list(ledger, given)
    assert again == back
    assert [step["move"] for step in back["history"]] == ["assign", "answer", "return"]
    await send(ledger, f"{path}/answer", {"answer": "复查记录已附"}, "bureau")
    settled = await send(ledger, f"{path}/accept", {"remark": "同意办结"}, "office")
    assert (settled["state"], len(settled["history"])) == ("settled", 5)
    assert await on_leaders_list(ledger, given) is None


async def test_a_matter_can_be_a_hazard_and_a_version_that_is_over_is_told(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    given = await send(ledger, "", {**GIVEN, "hazard": hazard["number"], "due_on": "2026-06-20"}, "office")
    assert (given["hazard_number"], given["sector"]) == (hazard["number"], hazard["sector"])
    shown = await ledger.get(f"/v1/assignments/{given['assignment_id']}")
    assert (shown.json(), shown.headers["etag"]) == (given, '"1"')
    stale = await ledger.client.post(
        f"/v1/assignments/{given['assignment_id']}/answer",
        json={"answer": "已整改"},
        headers={**ledger.auth("bureau"), "If-Match": '"2"'},
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    missing = await ledger.client.post(
        "/v1/assignments", json={**GIVEN, "hazard": "140502-2026-999999"}, headers=ledger.auth("office")
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "hazard-not-found")


@pytest.mark.feature("SY32")
async def test_a_department_of_the_city_answers_a_matter_that_is_a_hazard_of_a_county(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    of_city = {name: said for name, said in GIVEN.items() if name != "county"} | {"hazard": hazard["number"]}
    given = await send(ledger, "", of_city, "office")
    assert (given["county"], given["hazard_number"]) == (None, hazard["number"])
    department, token = Principal("bureau-1405", Role.CITY_REGULATOR, "140500", unit=GIVEN["unit"]), keys.new_token()
    async with ledger.database.transaction() as connection:
        await keys.store(connection, [NewKey(department, token)])
    path, said = f"/v1/assignments/{given['assignment_id']}/answer", {"answer": "已督促整改"}
    answered = await ledger.client.post(path, json=said, headers={"Authorization": f"Bearer {token}"})
    assert answered.status_code == 200, answered.text
    assert answered.json()["state"] == "answered"


@pytest.mark.parametrize(
    ("said", "code"),
    [({"county": "110101"}, "county-not-of-city"), ({"county": "140521"}, "differs-from-hazard")],
)
async def test_a_matter_that_nobody_could_answer_is_not_given(
    ledger: InProcess, said: dict[str, str], code: str
) -> None:
    hazard = {"hazard": (await ledger.registered())["number"]} if code == "differs-from-hazard" else {}
    answer = await ledger.client.post("/v1/assignments", json=GIVEN | hazard | said, headers=ledger.auth("office"))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "county")


@pytest.mark.feature("SY32")
async def test_what_was_given_to_the_wrong_unit_is_withdrawn_with_a_reason_and_leaves_the_leaders_list(
    ledger: InProcess,
) -> None:
    given = await send(ledger, "", {**GIVEN, "unit": "fire_rescue"}, "office")
    path = f"/{given['assignment_id']}"
    await ledger.pool.execute("UPDATE assignment SET due_on = '2026-05-30' WHERE assignment_id = $1", path[1:])
    assert await on_leaders_list(ledger, given) is not None
    withdrawn = await send(ledger, f"{path}/withdraw", {"reason": "该单位无此职责"}, "office")
    assert (withdrawn["state"], withdrawn["days_overdue"]) == ("withdrawn", 0)
    assert [(step["move"], step["text"]) for step in withdrawn["history"]][1:] == [("withdraw", "该单位无此职责")]
    assert await on_leaders_list(ledger, given) is None


async def test_the_same_key_gives_one_assignment_and_history_cannot_be_rewritten(ledger: InProcess) -> None:
    first, second = [
        await send(
            ledger,
            "",
            {**GIVEN, "unit": "fire_rescue", "document": "晋市安委办交〔2026〕6号"},
            "office",
            **{"Idempotency-Key": "assign-once-1"},
        )
        for _ in range(2)
    ]
    assert first == second
    page = (await ledger.get("/v1/assignments", unit="fire_rescue", state="open", limit=1000)).json()["items"]
    assert [each for each in page if each["document"] == first["document"]] == [first]
    with pytest.raises(Exception, match="append-only"):
        await ledger.pool.execute("UPDATE assignment_entry SET text = 'x'")


async def test_a_matter_of_no_sector_is_seen_and_answered_by_its_unit_whichever_sectors_that_looks_after(
    ledger: InProcess,
) -> None:
    given = await send(ledger, "", {**GIVEN, "county": "140521", "document": "晋市安委办交〔2026〕7号"}, "office")
    path = f"/v1/assignments/{given['assignment_id']}"
    stranger = Principal("coal-2", Role.COUNTY_REGULATOR, "140521", unit="fire_rescue", sectors=("coal_mine",))
    own = Principal("coal-1", Role.COUNTY_REGULATOR, "140521", unit="emergency_management", sectors=("coal_mine",))
    statuses = []
    for who in (stranger, own):
        token = keys.new_token()
        async with ledger.database.transaction() as connection:
            await keys.store(connection, [NewKey(who, token)])
        as_who = {"Authorization": f"Bearer {token}"}
        listed = (await ledger.client.get("/v1/assignments?limit=1000", headers=as_who)).json()["items"]
        assert [each["assignment_id"] for each in listed] == [given["assignment_id"]] * (who is own)
        answered = await ledger.client.post(f"{path}/answer", json={"answer": "已整改"}, headers=as_who)
        statuses += [(await ledger.client.get(path, headers=as_who)).status_code, answered.status_code]
    assert statuses == [404, 404, 200, 200]
