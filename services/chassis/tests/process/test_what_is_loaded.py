"""A service's memory: what only few of its requests need is loaded by the first of them, and buffers take what is in them."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

pytestmark = pytest.mark.servers

_ASK: Final = """
import sys, services.{0}.__main__
from services.chassis.unconnected import app_without_servers
app_without_servers("{0}")
print("modules", *(name for name, module in sys.modules.items() if module))"""
_GROWS: Final = """
import cramjam, psutil
from aiokafka.record import default_records
own = psutil.Process()
before = own.memory_info().rss
from services.chassis.consuming import codecs
print((own.memory_info().rss - before) / codecs.UNPACKED_BYTES)"""


def _said(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


# Notifications speak to robots. psutil comes with what exports spans; structlog would load rich, and FastAPI pydantic.v1.
@pytest.mark.parametrize(
    ("service", "unneeded"),
    [
        ("gateway", {"joserfc", "cryptography", "httpx", "psutil", "rich", "pydantic.v1"}),
        ("ledger", {"joserfc", "cryptography", "httpx", "openpyxl", "psutil", "rich", "pydantic.v1"}),
        ("scheduler", {"joserfc", "cryptography", "httpx", "openpyxl", "icalendar", "psutil", "rich", "pydantic.v1"}),
        ("notifications", {"joserfc", "cryptography", "psutil", "rich", "pydantic.v1"}),
        ("statistics", {"joserfc", "cryptography", "httpx", "psutil", "rich", "pydantic.v1"}),
    ],
)
def test_a_service_has_no_library_for_tokens_seals_workbooks_calendars_and_spans_before_it_is_given_one(
    service: str, unneeded: set[str]
) -> None:
    assert not unneeded & set(_said(_ASK.format(service)).rpartition("modules ")[2].split())


def test_the_buffer_of_codecs_takes_no_memory_before_a_batch_is_unpacked() -> None:
    assert float(_said(_GROWS)) < 0.5
