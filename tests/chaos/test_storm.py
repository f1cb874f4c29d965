"""The properties of a storm's schedule, and of the short storm that `make chaos-check` plays over the whole platform."""

from __future__ import annotations

import re

from deploy.local.settings import ROOT
from tests.chaos.faults import schedule

SERVICES = ("gateway", "ledger", "scheduler", "notifications", "statistics")
PLAYED = re.compile(r"-m tests\.chaos\.storm --hostile --seed (\d+) --seconds (\d+)\n")


def test_the_same_seed_gives_the_same_faults() -> None:
    first, again, other = (schedule(seed, 60, services=SERVICES, brokers=["kafka"]) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_longer_storm_strikes_everything_in_both_ways() -> None:
    faults = schedule(1, 600, services=SERVICES, brokers=["kafka"])
    wanted = {(name, kind) for name in (*SERVICES, "kafka", "postgres") for kind in ("kill", "freeze")}
    assert {(fault.victim, fault.kind) for fault in faults} == wanted


def test_the_storm_of_every_check_kills_both_servers_and_the_ledger_and_strikes_every_service() -> None:
    [(seed, seconds)] = PLAYED.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
    faults = schedule(int(seed), int(seconds), services=SERVICES, brokers=["kafka"])
    assert {"ledger", "kafka", "postgres"} <= {fault.victim for fault in faults if fault.kind == "kill"}
    assert {fault.victim for fault in faults} == {*SERVICES, "kafka", "postgres"}
