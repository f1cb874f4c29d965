"""The 九个一 table of 2024, as it is printed (SY01), over HTTP."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from services.scheduler.imports import http
from services.scheduler.imports.handlers import read_file
from services.scheduler.imports.model.reading import Read
from services.scheduler.tests.office import NINE_ONES, Office, june

JUNE = [
    ("安全生产典型案例和违法行为查处情况公开通报(上半年)", "member_units_all", ""),
    ("水库、大坝、山洪沟等防汛及防溺水安全生产专项检查和执法检查", "water_bureau", "education_bureau"),
    ("重点行业领域一线岗位工种安全知识技能竞赛", "member_units_all", ""),
    ("防汛抗旱综合应急演练", "emergency_management", ""),
    ("安全生产互观互检(上半年)", "emergency_management", ""),
    ("餐饮行业领域主要负责人安全知识培训", "commerce_bureau", ""),
    ("市安委办第二次工作例会", "emergency_management", ""),
]


def changed(**rows: dict[str, Any]) -> bytes:
    """Return the table with fields of some rows (`row_0`, `row_41`) replaced."""
    table = json.loads(NINE_ONES.read_bytes())
    for name, fields in rows.items():
        table["rows"][int(name.removeprefix("row_"))] |= fields
    return json.dumps(table).encode()


@pytest.mark.feature("SY01")
async def test_loading_2024_gives_43_tasks_and_june_shows_7_with_their_leads(office: Office) -> None:
    report = await office.load(NINE_ONES)
    assert (len(report["duties_created"]), report["tasks"]["created"]) == (43, 43)
    tasks = await office.tasks()
    assert len(tasks) == 43
    of_june = [(task["title"], task["lead_unit"], task["helper_units"].strip()) for task in june(tasks)]
    assert sorted(of_june) == sorted(JUNE)
    view = await office.ask("/v1/tasks", plan="nine-ones-2024", due_from="2024-06-01", due_to="2024-06-30")
    assert sorted(
        (task["title"], task["lead_unit"], " ".join(task["helper_units"])) for task in view["items"]
    ) == sorted(JUNE)


async def test_loading_it_again_changes_nothing(office: Office) -> None:
    await office.load(NINE_ONES)
    before = await office.tasks()
    report = await office.load(NINE_ONES)
    assert (report["duties_created"], report["duties_changed"], len(report["duties_unchanged"])) == ([], [], 43)
    assert report["tasks"] == {"created": 0, "revised": 0, "kept": 0, "withdrawn": 0}
    assert await office.tasks() == before


async def test_a_rehearsal_says_what_would_be_and_leaves_nothing(office: Office) -> None:
    report = await office.load(NINE_ONES, dry_run=True)
    assert (report["dry_run"], len(report["duties_created"]), report["tasks"]["created"]) == (True, 43, 43)
    assert await office.tasks() == []
    assert (await office.ask("/v1/duties"))["items"] == []


async def test_every_fault_is_told_at_once_with_cell_rule_and_value(office: Office) -> None:
    content = changed(
        row_0={"month": 13},
        row_3={"sectors": ["no_such_sector"]},
        row_5={"kind": "party"},
        row_7={"lead_units": []},
        row_9={"lead_unit_codes": ["fire_rescue"]},
    )
    problem = await office.tell("/v1/imports", content=content, status=422)
    assert problem["code"] == "import-refused"
    assert [(each["cell"], each["code"], each.get("value")) for each in problem["findings"]] == [
        ("$.rows[0].month", "wrong-cell", "13"),
        ("$.rows[3].sectors[0]", "unknown-sector", "no_such_sector"),
        ("$.rows[5].kind", "unknown-kind", "party"),
        ("$.rows[7].lead_units", "wrong-cell", "[]"),
        ("$.rows[9].lead_units[0]", "unit-differs", "市住房城乡建设局"),
    ]
    assert await office.tasks() == []


async def test_a_unit_that_nobody_knows_is_told_and_not_guessed(office: Office) -> None:
    content = changed(row_0={"lead_units": ["市飞碟管理局"], "lead_unit_codes": []})
    report = await office.tell("/v1/imports", content=content)
    assert [(each["cell"], each["code"], each["value"]) for each in report["warnings"]] == [
        ("$.rows[0].lead_units[0]", "unknown-unit", "市飞碟管理局")
    ]
    assert report["tasks"]["created"] == 42
    duty = (await office.ask("/v1/duties/no-2024-01-1"))["duty"]
    assert (duty["lead"], duty["who"]) == (None, "市飞碟管理局")


async def test_a_changed_row_is_a_second_version_and_the_past_stays(office: Office) -> None:
    await office.load(NINE_ONES)
    report = await office.tell("/v1/imports", content=changed(row_0={"title_zh": "改"}, row_42={"title_zh": "改"}))
    assert report["duties_changed"] == ["no-2024-01-1", "no-2024-12-6"]
    titles = {task["duty_id"]: task["title"] for task in await office.tasks()}
    assert titles["no-2024-12-6"] == "改"
    assert titles["no-2024-01-1"] == "烟花爆竹行业主要负责人安全知识培训"
    versions = (await office.ask("/v1/duties/no-2024-01-1/versions"))["items"]
    assert [each["duty"]["title"] for each in versions] == ["烟花爆竹行业主要负责人安全知识培训", "改"]


async def test_what_is_no_table_is_refused(office: Office) -> None:
    for content, code in (
        (b"{", "not-json"),
        (b"[]", "unknown-form"),
        (b'{"anything": 1}', "unknown-form"),
        (NINE_ONES.read_bytes().decode().encode("utf-8-sig"), "bad-encoding"),
        (NINE_ONES.read_bytes().decode().encode("gb18030"), "bad-encoding"),
        (b'{"rows": [], "rows": []}', "repeated-name"),
        (b"PK\x03\x04", "no-workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "no-workbook"),
    ):
        problem = await office.tell("/v1/imports", content=content, status=422)
        assert [each["code"] for each in problem["findings"]] == [code]
    assert (await office.tell("/v1/imports", {}, who="county", status=403))["code"] == "role-not-allowed"


async def test_a_file_is_read_beside_the_event_loop(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[threading.Thread] = []

    def noted(*args: Any, **kwargs: Any) -> Read:
        readers.append(threading.current_thread())
        return read_file(*args, **kwargs)

    monkeypatch.setattr(http, "read_file", noted)
    await office.load(NINE_ONES)
    assert len(readers) == 1
    assert readers[0] is not threading.current_thread()
