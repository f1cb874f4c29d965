"""Lights that tell the truth: each fault fires its alert in a real Prometheus, a restart changes nothing, it clears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.local import ephemeral
from duban_contracts.topics import CONSUMERS, claims_topic, feedback_topic
from tests.deploy import lights, running
from tests.deploy.expressions import RULES

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

HELD, UNREADABLE, OPEN, WELL = (claims_topic(county) for county in ("140521", "140522", "140524", "140502"))
# Generous: what is asserted is that it happens, not how fast this machine is.
SECONDS = 150


@pytest.fixture(scope="module")
def cluster() -> Iterator[ephemeral.KafkaCluster]:
    """A broker of our own: it is frozen here."""
    with ephemeral.kafka() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def platform(
    cluster: ephemeral.KafkaCluster, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[running.Platform]:
    """All five services on the Kafka that is frozen here."""
    environ = {"DUBAN_KAFKA_BOOTSTRAP": cluster.bootstrap, "DUBAN_POSTGRES_DSN": postgres_dsn}
    home = tmp_path_factory.mktemp("lights")
    with running.databases(postgres_dsn, 5) as dsns, running.platform(home, environ, dsns, clock={}) as started:
        yield started


@pytest.fixture(scope="module")
def prometheus_url(
    prometheus: Path, platform: running.Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A Prometheus with the alerts, run faster, that sees all services up and their consumers reading."""
    home = tmp_path_factory.mktemp("scraping") / "home"
    with running.prometheus(prometheus, home, platform, lights.faster()) as url:
        running.until(partial(_sees, url, 'count(up{job="duban"} == 1) == 5'), seconds=SECONDS)
        running.until(partial(_sees, url, "count(duban_consumer_reading == 1) > 6"), seconds=SECONDS)
        yield url


def _sees(url: str, expression: str) -> None:
    assert running.query(url, expression), f"Prometheus does not see {expression}"


def lacks(url: str, wanted: set[str]) -> None:
    """Raise AssertionError unless a service says of itself that just these are missing: none, and it is ready."""
    answer = httpx.get(url, timeout=120)
    missing = {line.partition(":")[0] for line in answer.json()["missing"]}
    assert (answer.status_code, missing) == (503 if wanted else 200, wanted), answer.text


async def until(check: Callable[..., object], *arguments: Any, **labels: Any) -> None:
    await asyncio.to_thread(running.until, partial(check, *arguments, **labels), seconds=SECONDS)


def test_the_faster_rules_are_the_committed_ones_but_for_their_times() -> None:
    # The others have files of their own, and windows of hours, or look at what does not stand here.
    found, committed = (
        [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]
        for text in (lights.faster(), RULES.read_text(encoding="utf-8"))
    )
    assert [(rule["alert"], rule["labels"]) for rule in found] == [
        (rule["alert"], rule["labels"]) for rule in committed
    ]
    (stale,) = (rule for rule in found if rule["alert"] == "DubanPipelineStale")
    assert (stale["for"], stale["keep_firing_for"], stale["expr"][-4:]) == ("2s", "6s", "> 12")


LASTING = [
    ("DubanCountyHeld", {"topic": HELD}),
    ("DubanTransactionOpen", {"topic": OPEN}),
    ("DubanPipelineStale", {"consumer": "scheduler.hazards"}),
    ("DubanHeartbeatStale", {"consumer": "scheduler.hazards"}),
]
BY_A_RESTART = [
    ("DubanConsumerMissing", {"consumer": "notifications.supervision"}),
    ("DubanConsumerNotReading", {"consumer": "gateway.feedback"}),
]


async def restart(platform: running.Platform, url: str) -> None:
    """Restart four services, notifications without its consumers, and wait until Prometheus sees the new ones."""
    names = ("ledger", "gateway", "scheduler")
    before = {name: lights.started_at(url, name) for name in names}
    for name in ("ledger", "gateway", "notifications"):
        await asyncio.to_thread(platform.programs[name].stop)
    platform.programs["scheduler"].kill()
    for name in names:
        platform.programs[name].start()
    platform.programs["notifications"].start(DUBAN_ROLES="http")
    for name, started in before.items():
        await until(lights.has_restarted, url, name, started)


@pytest.mark.promise("P6")
@pytest.mark.promise("P7")
async def test_one_countys_trouble_and_a_consumer_that_does_not_read_are_seen_and_clear(
    cluster: ephemeral.KafkaCluster, platform: running.Platform, prometheus_url: str
) -> None:
    url, bootstrap = prometheus_url, cluster.bootstrap
    for name, labels in (*LASTING, *BY_A_RESTART):
        await until(lights.quiet, url, name, **labels)
    async with (
        lights.hanging_transactions(bootstrap, OPEN),
        lights.locked(platform.dsns["scheduler"], "ledger_heartbeat"),
    ):
        await asyncio.to_thread(lights.flood, bootstrap, HELD, 1001)
        await until(lights.firing, url, "DubanCountyHeld", topic=HELD)
        await asyncio.to_thread(lights.send_unreadable, bootstrap, UNREADABLE)
        for name, labels in (("DubanBatchUnreadable", {"topic": UNREADABLE}), *LASTING):
            await until(lights.firing, url, name, **labels)
        with lights.frozen_member(bootstrap, "gateway.feedback", feedback_topic("140502")):
            # What restarts meets the same faults: they are seen again, and so is what restarts wrongly.
            await restart(platform, url)
            for name, labels in (*LASTING, *BY_A_RESTART):
                await until(lights.firing, url, name, **labels)
            # One county's trouble is one county's: the ledger reads on.
            await until(_reads_on, url, "ledger.claims", time.time())
            await until(lacks, f"{platform.url('gateway')}/readyz", {"gateway.feedback"})
            await until(lacks, f"{platform.url('gateway')}/readyz/http", set())
    await asyncio.to_thread(platform.programs["notifications"].stop)
    platform.programs["notifications"].start()
    await lights.resume(platform.dsns["ledger"], HELD)
    for name, labels in (*LASTING, *BY_A_RESTART, ("DubanBatchUnreadable", {"topic": UNREADABLE})):
        await until(lights.quiet, url, name, **labels)


def _reads_on(url: str, consumer: str, since: float) -> None:
    """Raise AssertionError unless the consumer reads, and all is done of before `since` but what a publisher holds back."""
    _sees(url, f'duban_consumer_reading{{consumer="{consumer}"}} == 1')
    _sees(url, f'duban_consumer_oldest_unprocessed_timestamp_seconds{{consumer="{consumer}"}} > {since}')


@pytest.mark.promise("P6")
async def test_a_frozen_broker_is_seen_by_every_consumer_and_by_the_outbox_also_after_a_restart(
    cluster: ephemeral.KafkaCluster, platform: running.Platform, prometheus_url: str
) -> None:
    url, ledger = prometheus_url, platform.programs["ledger"]
    hazard = running.report(platform, "140502", "LIGHTS-1", found_on="2026-11-01")
    seen = [
        ("DubanOutboxNotDraining", {"service": "ledger"}),
        ("DubanConsumerNotReading", {"consumer": "ledger.claims"}),
        ("DubanConsumerNotReading", {"consumer": "scheduler.hazards"}),
        ("DubanConsumerNotReading", {"consumer": "statistics.hazards"}),
    ]
    cluster.pause()
    try:
        platform.call(
            "POST",
            "ledger",
            f"/v1/hazards/{hazard['hazard_id']}/reject",
            f"regulator-{hazard['county']}-1",
            json={"reason": "经核查不属于隐患，现场设施完好"},
        )
        for name, labels in seen:
            await until(lights.firing, url, name, **labels)
        before = lights.started_at(url, "ledger")
        ledger.kill()
        ledger.start()
        await until(lights.has_restarted, url, "ledger", before)
        for name, labels in seen:
            await until(lights.firing, url, name, **labels)
        own = {each.name for each in CONSUMERS if each.service == "ledger"}
        await until(lacks, f"{platform.url('ledger')}/readyz", own)
    finally:
        cluster.resume()
    for name, labels in seen:
        await until(lights.quiet, url, name, **labels)
