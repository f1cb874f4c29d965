"""Whatever a county writes, a process that reads it stays within its container's memory."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
import yaml
from confluent_kafka import Producer

from duban_contracts.cloudevents import to_kafka
from services.chassis.consuming.codecs import UNPACKED_BYTES
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import ROOT, Workers, rectified

pytestmark = pytest.mark.promise("P1")

MEBIBYTE = 2**20
# Unfolded they are half as much again as the whole container.
BATCHES = 40
WORKLOADS = ROOT / "k8s" / "base"
UNITS = {"Mi": 2**20, "Gi": 2**30}


def container_limit() -> int:
    """Bytes that Kubernetes gives to the service that it gives least."""
    limits = [
        container["resources"]["limits"]["memory"]
        for file in WORKLOADS.glob("*/workload.yaml")
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        for container in document["spec"]["template"]["spec"]["containers"]
    ]
    return min(int(limit[:-2]) * UNITS[limit[-2:]] for limit in limits)


def peak_of(pid: int) -> int:
    """Bytes that a process had resident at most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


async def test_batches_that_unfold_to_the_bound_fit_into_the_containers_memory(workers: Workers) -> None:
    producer = Producer(
        {
            "bootstrap.servers": workers.bootstrap,
            "compression.type": "zstd",
            "message.max.bytes": 64 * MEBIBYTE,
        }
    )
    topic = f"{workers.prefix}in"
    for _ in range(BATCHES):
        producer.produce(topic, bytes(UNPACKED_BYTES - MEBIBYTE), partition=0)
        producer.flush(120)
    honest = [rectified("K1"), rectified("K2")]
    for partition, event in enumerate(honest):
        key, value, headers = to_kafka(event)
        producer.produce(topic, value, key, partition=partition, headers=list(headers))
    producer.flush(120)
    with workers.worker(DUBAN_MAX_RECORDS="500") as process:
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (container_limit(), container_limit()))

        async def both_are_read() -> None:
            assert process.poll() is None
            assert len(await workers.effects()) == len(honest)

        await eventually(both_are_read)
        assert peak_of(process.pid) < container_limit()
    assert (await workers.fetch("SELECT count(*) FROM dead_letter"))[0][0] == BATCHES
