"""Whoever runs the broker may have it compress the ledger's topic: the stream's own client reads every codec, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from services.chassis.testing.foreign import empty_batch

pytestmark = [pytest.mark.servers, pytest.mark.promise("P5")]

# As in the service's process, which waits with the library of codecs.
_READS: Final = """
import sys, services.statistics.__main__
from pathlib import Path
from aiokafka.record.default_records import DefaultRecordBatch
from services.chassis.process.kafka import Broker
from services.statistics.stream.events.app import build_app
build_app(bootstrap=Broker("127.0.0.1:1"), topic_prefix="", data_directory=Path(sys.argv[1]), session_seconds=12)
for batch in sys.argv[2:]:
    print(*(record.value.decode() for record in DefaultRecordBatch(bytes.fromhex(batch))))"""


def test_the_streams_client_reads_what_the_broker_compressed(tmp_path: Path) -> None:
    batches = []
    for codec in range(5):
        builder = empty_batch(codec)
        builder.append(0, timestamp=1_000, key=None, value=b"a hazard", headers=[])
        batches.append(bytes(builder.build()).hex())
    command = [sys.executable, "-c", _READS, str(tmp_path), *batches]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout.splitlines()[-5:] == ["a hazard"] * 5, said.stderr
