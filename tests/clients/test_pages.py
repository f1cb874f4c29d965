"""Every program on the pages of docs/clients is run as it is printed, against a real gateway, ledger and broker."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.evidence import Produced, Record, Request
from duban_contracts.conformance.sandbox.gateway import Gateway
from duban_contracts.conformance.sandbox.judge import judge
from duban_contracts.conformance.sandbox.script import ESSENTIAL, Script
from services.chassis.testing.kafka import eventually
from tests.clients.county import COUNTY, County
from tests.clients.pages import ENGLISH, OVER_HTTPS, PROGRAMS, blocks
from tests.clients.toolchains import RUNNERS, Program
from tests.contract.sandbox_topic import Sandbox

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.stem)
def test_both_languages_print_the_same_programs(page: Path) -> None:
    assert blocks(page) == blocks(page.with_suffix(".zh-CN.md"))


def test_every_language_that_can_be_had_is_run() -> None:
    assert {program.language for program in PROGRAMS} == set(RUNNERS)
    assert len(PROGRAMS) == 10


@pytest.mark.feature("SY64")
@pytest.mark.promise("P1")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
async def test_a_program_does_what_its_page_says(program: Program, county: County, tmp_path: Path) -> None:
    runner: Callable[..., Awaitable[str]] = RUNNERS[program.language]  # type: ignore[assignment]
    printed = await runner(program, tmp_path, county.environment(Path(program.name).stem))
    event_id, source = sent_by(program)
    found: dict[str, Any] = {}

    async def is_recorded() -> None:
        found.update(await county.receipt(event_id, source))
        assert found["status"] == "recorded", found

    await eventually(is_recorded)
    record = await county.record(event_id)
    assert record.key == found["reference"].encode()
    if "accepted:" in printed:
        # Over Kafka: the page waits for the broker's ack and, but for the one that only writes, for the answer.
        assert f"{county.topic}" in printed
        assert '"outcome"' in printed or "sarama" in program.name
    elif "sdk" not in program.name:
        assert '"unknown-term"' in printed
        assert found["number"] in printed


def sent_by(program: Program) -> tuple[str, str]:
    """The id of the right event that a program sends last, and its source."""
    ids = re.findall(r'"((?:java|go|franz|sarama|node|python)-(?:https|kafka|sdk)-[0-9])"', program.text)
    right = [name for name in ids if not re.search(rf'"{name}", "[A-Z0-9-]+", "alchemy"', program.text)]
    language = {"java": "java", "go": "go", "js": "node", "python": "python"}[program.language]
    return right[-1], f"/county/140502/{language}"


# Two or three events are too few for a certificate, and one of them is wrong on purpose.
BY_DESIGN = {"too-little-seen", "refused-and-left"}


@pytest.mark.parametrize("program", OVER_HTTPS, ids=lambda program: program.name)
async def test_a_program_does_right_when_the_gateway_does_not(program: Program, tmp_path: Path) -> None:
    """In the sandbox of the conformance kit: 503 first, then a lost answer, then some more."""
    city, began = City(COUNTY, "the key", Script(2)), time.monotonic()
    gateway = Gateway(city, lambda: time.monotonic() - began)
    try:
        environment = os.environ | {"GATEWAY": gateway.url, "KEY": city.key, "COUNTY": COUNTY}
        runner: Callable[..., Awaitable[str]] = RUNNERS[program.language]  # type: ignore[assignment]
        await runner(program, tmp_path, environment)
    finally:
        gateway.close()
    found = judge(city.evidence)
    assert {fault.code for fault in found} <= BY_DESIGN, found
    acts = {fact.act for fact in city.evidence if isinstance(fact, Request)}
    assert acts >= ESSENTIAL


OVER_KAFKA = [program for program in PROGRAMS if "KAFKA" in program.text]


@pytest.mark.parametrize("program", OVER_KAFKA, ids=lambda program: program.name)
async def test_a_program_does_right_when_its_connection_to_kafka_is_cut(
    program: Program, tmp_path: Path, kafka_bootstrap: str
) -> None:
    """Through the door of the conformance kit: a request withheld, an answer lost, before one is answered."""
    sandbox = Sandbox(kafka_bootstrap, seed=2)
    environment = os.environ | {
        "COUNTY": COUNTY,
        "KAFKA": sandbox.topic.address,
        "TOPIC": sandbox.topic.claims,
        "FEEDBACK": sandbox.topic.feedback,
        "GROUP": f"county-{COUNTY}.{secrets.token_hex(4)}",
    }
    runner: Callable[..., Awaitable[str]] = RUNNERS[program.language]  # type: ignore[assignment]
    try:
        await runner(program, tmp_path, environment)
    finally:
        await asyncio.to_thread(sandbox.close)
    evidence = sandbox.city.evidence
    assert {fact.act for fact in evidence if isinstance(fact, Produced)} >= ESSENTIAL
    assert len([fact for fact in evidence if isinstance(fact, Record)]) == 1, "once"
    assert {fault.code for fault in judge(evidence)} <= {"too-little-seen"}
