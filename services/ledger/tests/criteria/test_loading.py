"""Criteria over HTTP: loaded all or nothing, read by sector and day, cited by who confirms, and never changed."""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from typing import Any

import httpx
import pytest

from duban_contracts.findings import Findings
from services.ledger.criteria import handlers
from services.ledger.criteria.handlers import read_file
from services.ledger.criteria.model.standards import Standard
from services.ledger.tests.criteria.files import as_json, as_workbook, version
from services.ledger.tests.in_process import InProcess

# Sectors of which no other test has hazards: what is loaded stays.
SECTOR, OTHER, THIRD = "radiation", "hydropower_dam", "sports_venues"
HEAD = ["radiation", "2030", "示例标准", "", date(2030, 1, 1), None]


async def load(ledger: InProcess, content: bytes, who: str = "office", **query: Any) -> httpx.Response:
    headers = {**ledger.auth(who), "Content-Type": "application/json"}
    return await ledger.client.post("/v1/criteria/imports", params=query, content=content, headers=headers)


async def confirm(ledger: InProcess, **fields: Any) -> httpx.Response:
    return await ledger.confirm(await ledger.registered(sector=SECTOR), grade="major", **fields)


@pytest.mark.feature("SY37")
async def test_a_clause_of_the_version_in_force_is_cited_and_a_later_version_alters_nothing(ledger: InProcess) -> None:
    old = version(SECTOR, "2023", until_on="2027-12-31")
    rehearsed = await load(ledger, as_json(old), dry_run=True)
    assert (rehearsed.status_code, rehearsed.json()["created"][0]["clauses"]) == (200, 2)
    assert (await ledger.get("/v1/criteria", sector=SECTOR)).json()["items"] == []
    assert (await load(ledger, as_json(old))).status_code == 200
    assert (await load(ledger, as_json(old))).json()["unchanged"] == [
        {"sector": SECTOR, "version": "2023", "clauses": 2}
    ]
    assert [(await confirm(ledger, **said)).json().get("code") for said in ({}, {"criterion": "9"})] == [
        "clause-required",
        "unknown-clause",
    ]
    decided = await confirm(ledger, criterion="3.2")
    assert (decided.json()["criterion"], decided.json()["criterion_version"]) == ("3.2", "radiation/2023")

    newer = version(SECTOR, "2026", in_force_on="2026-05-01", clauses=[{"code": "1", "text": "示例新条款"}])
    later = version(SECTOR, "2026-b", in_force_on="2026-06-02")
    assert (await load(ledger, as_json(newer, later))).status_code == 200
    held = await ledger.get("/v1/criteria", sector=SECTOR, on="2026-06-01")
    assert [each["version"] for each in held.json()["items"]] == ["2026"]
    assert (await confirm(ledger, criterion="3.2")).json()["code"] == "unknown-clause"
    assert (await confirm(ledger, criterion="1")).json()["criterion_version"] == "radiation/2026"
    history = (await ledger.get(f"/v1/hazards/{decided.json()['number']}/history")).json()["items"]
    assert history[-1]["payload"]["criterion_text"] == "示例条款三之二"
    shown = (await ledger.get("/v1/criteria/radiation/2023")).json()
    assert {each["code"]: each["text"] for each in shown["clauses"]}["3.2"] == "示例条款三之二"
    with pytest.raises(Exception, match="never changed"):
        await ledger.pool.execute("UPDATE criteria_clause SET text = '改'")


@pytest.mark.feature("SY37")
async def test_a_file_with_faults_leaves_nothing_and_names_each_cell(ledger: InProcess) -> None:
    await load(ledger, as_json(version(OTHER)))
    changed = version(OTHER, clauses=[{"code": "1", "text": "改了的条款"}])
    answer = await load(ledger, as_json(version(OTHER, "2024", in_force_on="2024-01-01"), changed))
    assert (answer.status_code, answer.json()["code"]) == (422, "import-refused")
    assert [(each["cell"], each["code"]) for each in answer.json()["findings"]] == [
        ("hydropower_dam/2023", "version-differs")
    ]
    begins = await load(ledger, as_json(version(OTHER, "2023-b")))
    assert begins.json()["findings"][0]["code"] == "begins-as-another"
    sheet = await load(ledger, as_workbook([[*HEAD, "", "没有编号的条款"]]))
    assert [(each["cell"], each["code"]) for each in sheet.json()["findings"]] == [("G3", "missing-cell")]
    assert [each["version"] for each in (await ledger.get("/v1/criteria", sector=OTHER)).json()["items"]] == ["2023"]
    missing = await ledger.get("/v1/criteria/hydropower_dam/1999")
    assert (missing.status_code, missing.json()["code"]) == (404, "criteria-not-found")


async def test_the_same_file_loaded_at_once_is_kept_once(ledger: InProcess) -> None:
    answers = await asyncio.gather(*(load(ledger, as_json(version(THIRD))) for _ in range(4)))
    assert sorted(len(answer.json()["created"]) for answer in answers) == [0, 0, 0, 1]


async def test_only_the_citys_office_loads_criteria(ledger: InProcess) -> None:
    for who in ("county", "city", "operator"):
        assert (await load(ledger, as_json(version("grain_storage")), who)).status_code == 403


async def test_what_is_no_file_of_criteria_is_refused_by_its_code(ledger: InProcess) -> None:
    for content, code in (
        (as_json(version()).decode().encode("utf-8-sig"), "bad-encoding"),
        (as_json(version()).decode().encode("gb18030"), "bad-encoding"),
        (b'{"lists": [], "lists": []}', "repeated-name"),
        (as_workbook([])[:2000], "no-workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "no-workbook"),
    ):
        answer = await load(ledger, content)
        assert (answer.status_code, [each["code"] for each in answer.json()["findings"]]) == (422, [code])


async def test_a_file_is_read_beside_the_event_loop(ledger: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[threading.Thread] = []

    def noted(content: bytes, found: Findings) -> list[Standard]:
        readers.append(threading.current_thread())
        return read_file(content, found)

    monkeypatch.setattr(handlers, "read_file", noted)
    assert (await load(ledger, as_json(version()), dry_run=True)).status_code == 200
    assert len(readers) == 1
    assert readers[0] is not threading.current_thread()
