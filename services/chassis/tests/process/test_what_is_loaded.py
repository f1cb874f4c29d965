"""A service's memory: what only few of its requests need is loaded by the first of them, and buffers take what is in them."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from services.chassis.testing.foreign import empty_batch

pytestmark = pytest.mark.servers

_ASK: Final = """
import sys, services.{0}.__main__
from services.chassis.unconnected import app_without_servers
app_without_servers("{0}")
print("modules", *(name for name, module in sys.modules.items() if module))"""
_READS: Final = """
import sys, services.chassis.process.lean
from services.chassis.consuming import codecs
from aiokafka.record.default_records import DefaultRecordBatch
codecs.install()
for batch in sys.argv[1:]:
    values = [record.value.decode() for record in DefaultRecordBatch(bytes.fromhex(batch))]
    print("cramjam" in sys.modules, *values)"""
_GROWS: Final = """
import psutil
from aiokafka.record import default_records
own = psutil.Process()
before = own.memory_info().rss
from services.chassis.consuming import codecs
print((own.memory_info().rss - before) / codecs.UNPACKED_BYTES)"""


def _said(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# psutil comes with what exports spans; structlog would load rich, and FastAPI pydantic.v1, and aiokafka cramjam.
_BY_NOBODY: Final = {"joserfc", "cryptography", "psutil", "rich", "pydantic.v1", "cramjam"}


@pytest.mark.parametrize(
    ("service", "unneeded"),
    [
        ("gateway", {"httpx"}),
        ("ledger", {"httpx", "openpyxl"}),
        ("scheduler", {"httpx", "openpyxl", "icalendar"}),
        # It speaks to robots.
        ("notifications", set()),
        ("statistics", {"httpx"}),
    ],
)
def test_a_service_has_no_library_for_tokens_seals_workbooks_calendars_and_spans_before_it_is_given_one(
    service: str, unneeded: set[str]
) -> None:
    assert not (_BY_NOBODY | unneeded) & set(_said(_ASK.format(service)).rpartition("modules ")[2].split())


def test_the_buffer_of_codecs_takes_no_memory_before_a_batch_is_unpacked() -> None:
    assert float(_said(_GROWS)) < 0.5


def test_a_service_that_waits_with_the_library_of_codecs_reads_every_codec_once_it_is_met() -> None:
    batches = []
    for codec in range(5):
        builder = empty_batch(codec)
        builder.append(0, timestamp=1_000, key=None, value=f"codec {codec} ".encode() * 20, headers=[])
        batches.append(bytes(builder.build()).hex())
    said = _said(_READS, *batches).splitlines()
    # What isn't compressed needs no library.
    assert [line.split()[:3] for line in said] == [[str(codec > 0), "codec", str(codec)] for codec in range(5)]
