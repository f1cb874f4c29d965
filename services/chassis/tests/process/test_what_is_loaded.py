"""A service's memory: what only few of its requests need is loaded by the first of them, and buffers take what is in them."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

pytestmark = pytest.mark.servers

_ASK: Final = """
import sys, services.{}.__main__
print(*{{name.partition(".")[0] for name, module in sys.modules.items() if module}})"""
_GROWS: Final = """
import cramjam, psutil
from aiokafka.record import default_records
own = psutil.Process()
before = own.memory_info().rss
from services.chassis.consuming import codecs
print((own.memory_info().rss - before) / codecs.UNPACKED_BYTES)"""


def _said(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


# Notifications speak to robots. psutil comes with what exports spans, and structlog would load rich.
@pytest.mark.parametrize(
    ("service", "unneeded"),
    [
        ("gateway", {"joserfc", "cryptography", "httpx", "psutil", "rich"}),
        ("ledger", {"joserfc", "cryptography", "httpx", "openpyxl", "psutil", "rich"}),
        ("scheduler", {"joserfc", "cryptography", "httpx", "openpyxl", "icalendar", "psutil", "rich"}),
        ("notifications", {"joserfc", "cryptography", "psutil", "rich"}),
        ("statistics", {"joserfc", "cryptography", "httpx", "psutil", "rich"}),
    ],
)
def test_a_service_has_no_library_for_tokens_seals_workbooks_calendars_and_spans_before_it_is_given_one(
    service: str, unneeded: set[str]
) -> None:
    assert not unneeded & set(_said(_ASK.format(service)).split())


def test_the_buffer_of_codecs_takes_no_memory_before_a_batch_is_unpacked() -> None:
    assert float(_said(_GROWS)) < 0.5
