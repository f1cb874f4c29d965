"""A short storm over the whole platform, and the properties of its schedule."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deploy.local.settings import ROOT
from tests.chaos.faults import schedule

pytestmark = pytest.mark.chaos

SERVICES = ("gateway", "ledger", "scheduler", "notifications", "statistics")
# Strikes every service, Kafka and PostgreSQL in 20 seconds; the test below says so.
SEED, SECONDS = 334, 20


def test_the_same_seed_gives_the_same_faults() -> None:
    first, again, other = (schedule(seed, 60, services=SERVICES, brokers=["kafka"]) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_longer_storm_strikes_everything_in_both_ways() -> None:
    faults = schedule(1, 600, services=SERVICES, brokers=["kafka"])
    wanted = {(name, kind) for name in (*SERVICES, "kafka", "postgres") for kind in ("kill", "freeze")}
    assert {(fault.victim, fault.kind) for fault in faults} == wanted


def test_the_short_storm_kills_both_servers_and_the_ledger_and_strikes_every_service() -> None:
    faults = schedule(SEED, SECONDS, services=SERVICES, brokers=["kafka"])
    assert {"ledger", "kafka", "postgres"} <= {fault.victim for fault in faults if fault.kind == "kill"}
    assert {fault.victim for fault in faults} == {*SERVICES, "kafka", "postgres"}


@pytest.mark.platform
@pytest.mark.timeout(900)
def test_after_a_short_storm_every_line_of_the_audit_holds() -> None:
    command = [sys.executable, "-m", "tests.chaos.storm", "--seed", str(SEED), "--seconds", str(SECONDS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
