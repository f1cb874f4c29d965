"""A service's memory: what only few of its requests need is loaded by the first of them, and buffers take what is in them."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

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


# Notifications speak to robots. psutil comes with what exports spans; structlog would load rich, and FastAPI pydantic.v1.
@pytest.mark.parametrize(
    ("service", "unneeded"),
    [
        ("gateway", {"joserfc", "cryptography", "httpx", "psutil", "rich", "pydantic.v1", "cramjam"}),
        (
            "ledger",
            {"joserfc", "cryptography", "httpx", "openpyxl", "psutil", "rich", "pydantic.v1", "cramjam"},
        ),
        (
            "scheduler",
            {
                "joserfc",
                "cryptography",
                "httpx",
                "openpyxl",
                "icalendar",
                "psutil",
                "rich",
                "pydantic.v1",
                "cramjam",
            },
        ),
        ("notifications", {"joserfc", "cryptography", "psutil", "rich", "pydantic.v1", "cramjam"}),
        ("statistics", {"joserfc", "cryptography", "httpx", "psutil", "rich", "pydantic.v1", "cramjam"}),
    ],
)
def test_a_service_has_no_library_for_tokens_seals_workbooks_calendars_and_spans_before_it_is_given_one(
    service: str, unneeded: set[str]
) -> None:
    assert not unneeded & set(_said(_ASK.format(service)).rpartition("modules ")[2].split())


def test_the_buffer_of_codecs_takes_no_memory_before_a_batch_is_unpacked() -> None:
    assert float(_said(_GROWS)) < 0.5


def test_a_service_that_waits_with_the_library_of_codecs_reads_every_codec_once_it_is_met() -> None:
    batches = []
    for codec in range(5):
        builder = DefaultRecordBatchBuilder(
            magic=2,
            compression_type=codec,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=-1,
            batch_size=2**20,
        )
        builder.append(0, timestamp=1_000, key=None, value=f"codec {codec} ".encode() * 20, headers=[])
        batches.append(bytes(builder.build()).hex())
    said = _said(_READS, *batches).splitlines()
    # What isn't compressed needs no library.
    assert [line.split()[:3] for line in said] == [[str(codec > 0), "codec", str(codec)] for codec in range(5)]
