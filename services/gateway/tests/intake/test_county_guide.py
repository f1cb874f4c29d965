"""The county guide's commands are run as they are printed; only addresses, key and topic names are this test's."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codes import CODES
from duban_contracts.topics import claims_topic
from services.gateway.tests.world import HOME, World

DOCS = Path(__file__).parents[4] / "docs"
ENGLISH = (DOCS / "county-guide.md").read_text(encoding="utf-8")
CHINESE = (DOCS / "county-guide.zh-CN.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```([a-z ]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands(*kinds: str) -> list[tuple[str, str]]:
    return [(kind, code) for kind, code in BLOCK.findall(ENGLISH) if kind in kinds]


async def run(world: World, where: Path, kind: str, code: str) -> str:
    """Run one block in a directory of its own and return what it printed; fails unless it ends well."""
    topic = claims_topic(HOME, world.settings.topic_prefix)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COUNTY": HOME,
        "GATEWAY": str(world.client.base_url),
        "KAFKA": world.settings.kafka_bootstrap,
        "KEY": world.tokens["home"],
        "TOPIC": topic,
    }
    shell = ("bash", "-c") if kind.startswith("sh") else (sys.executable, "-c")
    process = await asyncio.create_subprocess_exec(
        *shell,
        code.replace("county.140502.", f"{world.settings.topic_prefix}county.140502."),
        cwd=where,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0, text
    return text


def test_both_languages_print_the_same_commands_and_answers() -> None:
    assert BLOCK.findall(CHINESE) == BLOCK.findall(ENGLISH)


def test_both_languages_explain_every_code_a_county_can_be_refused_with() -> None:
    for code in (code for code, meaning in CODES.items() if meaning.county):
        assert f"`{code}`" in ENGLISH
        assert f"`{code}`" in CHINESE


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_guides_commands_over_https_do_what_it_says(world: World, tmp_path: Path) -> None:
    printed = [await run(world, tmp_path, kind, code) for kind, code in commands("sh", "python")]
    first, receipt, batch, task, python, identity, kit, rejected = printed
    assert "HTTP/1.1 202 Accepted" in first
    assert '"status":"queued"' in receipt
    assert '"field": "$.discription"' in batch
    assert '"status":"queued","id":"2026-11-21-000004"' in task
    assert python.startswith("queued ")
    assert len(identity.strip()) == 36
    assert "共 2 条，通过 1 条，不予受理 1 条" in kit
    assert rejected.startswith('{"items":[')


async def test_the_guide_reckons_a_receipts_id_as_the_contract_does(world: World, tmp_path: Path) -> None:
    (code,) = (code for _, code in commands("sh kafka") if "RECEIPT=" in code)
    reckoned = code[code.index("RECEIPT=") : code.index("\ncurl")]
    sent = CloudEvent(id="2026-11-21-000021", source="/county/140502/safety-system", type="t", data=b"")
    said = await run(world, tmp_path, "sh", f'{reckoned}\necho "$RECEIPT"')
    assert said.strip() == str(sent.identity(claims_topic(HOME, world.settings.topic_prefix)))
    assert f'"receipt_id":"{sent.identity("county.140502.v1")}"' in ENGLISH


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
async def test_the_guides_commands_to_a_topic_leave_right_events_there(world: World, tmp_path: Path) -> None:
    blocks = commands("sh kafka", "python kafka")
    for kind, code in blocks:
        # Nobody answers here, so there is no receipt to ask for and nothing to find in the feedback topic.
        sending = code.partition("\nRECEIPT")[0]
        await run(world, tmp_path, kind, sending)
    ids = {event.id: event for event in await world.events()}
    for number, kind in (("20", "reported"), ("21", "reported"), ("22", "rectified")):
        assert ids[f"2026-11-21-0000{number}"].type == f"duban.hazard.{kind}.v1"
        assert ids[f"2026-11-21-0000{number}"].partitionkey in {"CQ-2026-000020", "CQ-2026-000021"}
