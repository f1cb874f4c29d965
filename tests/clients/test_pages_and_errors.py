"""The programs of docs/clients and of the county guide end at what is final, and wait as long as they are told."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from deploy.local.settings import ROOT
from tests.clients.county import COUNTY
from tests.clients.pages import OVER_HTTPS, blocks
from tests.clients.receiver import OF_A_PROXY, RECORDED, Answer, Receiver, of, problem, receiving
from tests.clients.toolchains import RUNNERS, Program

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

(GUIDE,) = (
    Program("python", "guide.py", text)
    for language, _, text in blocks(ROOT / "docs" / "county-guide.md")
    if language == "python" and "def send" in text
)
A_DATE: Final = "Sat, 21 Nov 2026 21:09:22 GMT"
UNAUTHENTICATED: Final = problem(401, "the key was revoked")


async def run(program: Program, where: Path, receiver: Receiver) -> str:
    environment = os.environ | {
        "GATEWAY": receiver.url,
        "KEY": "the key",
        "COUNTY": COUNTY,
        "PYTHONIOENCODING": "utf-8",
    }
    runner: Callable[..., Awaitable[str]] = RUNNERS[program.language]  # type: ignore[assignment]
    here = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=where))
    return await runner(program, here, environment)


async def fails(program: Program, where: Path, receiver: Receiver) -> str:
    with pytest.raises(AssertionError) as said:
        await run(program, where, receiver)
    return str(said.value)


@pytest.mark.parametrize("program", [*OVER_HTTPS, GUIDE], ids=lambda program: program.name)
async def test_events_that_are_refused_with_all_others_end_a_program_with_what_was_said(
    program: Program, tmp_path: Path
) -> None:
    with receiving(posts=[UNAUTHENTICATED]) as receiver:
        assert "401: " in (told := await fails(program, tmp_path, receiver))
        assert "the key was revoked" in told
        assert "TypeError" not in told
        receiver.posts.append(Answer(403, OF_A_PROXY, {"Content-Type": "text/html"}))
        assert OF_A_PROXY in (told := await fails(program, tmp_path, receiver))
        assert "403: " in told
    assert {method: len(times) for method, times in receiver.came.items()} == {"POST": 2, "GET": 0}


@pytest.mark.parametrize("program", OVER_HTTPS, ids=lambda program: program.name)
async def test_a_receipt_that_is_refused_is_asked_for_once(program: Program, tmp_path: Path) -> None:
    with receiving(gets=[UNAUTHENTICATED]) as receiver:
        assert "the key was revoked" in await fails(program, tmp_path, receiver)
        assert len(receiver.came["GET"]) == 1
        receiver.gets.append(Answer(404, OF_A_PROXY, {"Content-Type": "text/html"}))
        assert OF_A_PROXY in await fails(program, tmp_path, receiver)
        assert len(receiver.came["GET"]) == 2


@pytest.mark.parametrize("program", OVER_HTTPS, ids=lambda program: program.name)
async def test_a_receipt_that_cannot_be_told_now_is_asked_for_again_when_retry_after_is_over(
    program: Program, tmp_path: Path
) -> None:
    busy = [problem(429, "too many wait", Retry_After="2"), problem(503, "too busy", Retry_After="2")]
    with receiving(gets=[*busy, of(200, {"status": "queued"}), RECORDED]) as receiver:
        assert '"recorded"' in await run(program, tmp_path, receiver)
    first, second, _ = receiver.pauses("GET")
    assert min(first, second) >= 1.9


@pytest.mark.parametrize("program", [*OVER_HTTPS, GUIDE], ids=lambda program: program.name)
async def test_a_proxy_that_names_a_date_to_come_again_is_not_flooded(program: Program, tmp_path: Path) -> None:
    with receiving(posts=[Answer(503, OF_A_PROXY, {"Retry-After": A_DATE})]) as receiver:
        await run(program, tmp_path, receiver)
    assert receiver.pauses("POST")[0] >= 0.9
