"""Nothing is promised that is not on the broker; whatever goes wrong, the same event may be sent again."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from deploy.local import ephemeral
from deploy.local.ports import free_ports
from duban_contracts.topics import city_topics, claims_topic
from services.chassis.testing import kafka as chassis_testing
from services.gateway.bootstrap import build
from services.gateway.tests.world import COUNTIES, Event, World, report

pytestmark = pytest.mark.promise("P1")


@asynccontextmanager
async def another_gateway(world: World, **changes: object) -> AsyncIterator[World]:
    """A second gateway over the same database, with other settings; only its HTTP side runs."""
    settings = world.settings.model_copy(update={"http_port": free_ports(1)[0], **changes})
    base = f"http://127.0.0.1:{settings.http_port}"
    service = await build(settings)
    async with chassis_testing.running(service, "http"), httpx.AsyncClient(base_url=base, timeout=120) as client:
        other = dataclasses.replace(world, settings=settings, client=client)
        await chassis_testing.eventually(other.is_up)
        yield other


def receipt_id_of(world: World, event: Event) -> str:
    from duban_contracts.cloudevents import from_structured  # noqa: PLC0415

    topic = claims_topic(event["data"]["county"], world.settings.topic_prefix)
    return str(from_structured(json.dumps(event).encode()).identity(topic))


async def test_without_a_broker_nothing_is_promised_and_the_retry_succeeds(world: World) -> None:
    events = [report(), report()]
    async with another_gateway(world, kafka_bootstrap="127.0.0.1:1") as cut_off:
        answer = await cut_off.post(events)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["code"] == "not-accepted"
        for event in events:
            assert (await cut_off.receipt(receipt_id_of(world, event))).status_code == 404
    assert (await world.post(events)).status_code == 202
    for event in events:
        assert len(await world.sent(event)) == 1


async def test_a_broker_that_never_answers_ends_in_503_within_the_time_limit(world: World) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        async with another_gateway(world, kafka_bootstrap=f"{host}:{port}", publish_timeout_seconds=0.5) as cut_off:
            async with asyncio.timeout(60):
                assert (await cut_off.post(report())).status_code == 503
    finally:
        server.close()


async def test_bad_events_are_named_even_while_the_broker_is_away(world: World) -> None:
    async with another_gateway(world, kafka_bootstrap="127.0.0.1:1") as cut_off:
        assert (await cut_off.post(report(sector="no_such"))).status_code == 422


class Wire:
    """A TCP connection to a server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self.cut = False
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.sever()

    def sever(self) -> None:
        self.cut = True
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._open |= {writer, far_writer}
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_without_the_database_nothing_is_promised_and_the_retry_succeeds(world: World) -> None:
    event = report()
    parts = urlsplit(world.settings.postgres_dsn)
    async with Wire(parts.hostname or "", parts.port or 5432) as wire:
        netloc = f"{parts.username}:{parts.password or ''}@127.0.0.1:{wire.port}"
        dsn = urlunsplit(parts._replace(netloc=netloc))
        async with another_gateway(world, postgres_dsn=dsn) as gateway:
            assert (await gateway.post([])).status_code == 202
            wire.sever()
            answer = await gateway.post(event)
            assert (answer.status_code, answer.json()["code"]) == (503, "not-accepted")
            assert (await gateway.receipt(receipt_id_of(world, event))).status_code == 503
            wire.cut = False

            async def retry() -> None:
                assert (await gateway.post(event)).status_code == 202

            await chassis_testing.eventually(retry)
    assert len(await world.sent(event)) == 1


@pytest.mark.chaos
@pytest.mark.parametrize(("point", "copies"), [("gateway.after_reserve", 1), ("gateway.after_ack", 2)])
async def test_killed_between_its_steps_the_gateway_leaves_a_retry_safe(world: World, point: str, copies: int) -> None:
    event, port = report(), free_ports(1)[0]
    settings = world.settings
    environment = {
        **os.environ,
        "DUBAN_FAILPOINT": point,
        "DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": settings.postgres_dsn,
        "DUBAN_HTTP_PORT": str(port),
        "DUBAN_TOPIC_PREFIX": settings.topic_prefix,
        "DUBAN_PROFILE": str(settings.profile),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "services.gateway", "--roles", "http"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            doomed = dataclasses.replace(world, client=client)
            await chassis_testing.eventually(doomed.is_up)
            with pytest.raises(httpx.TransportError):
                await doomed.post(event)
        assert process.wait(120) == -9
    finally:
        process.kill()
    assert (await world.receipt(receipt_id_of(world, event))).status_code == 404
    answer = await world.post(event)
    assert answer.status_code == 202
    sent = await world.sent(event)
    # A second copy carries the same source and id: the ledger's inbox takes one.
    assert len(sent) == copies
    assert {(copy.source, copy.id, copy.data) for copy in sent} == {(event["source"], event["id"], sent[0].data)}


@pytest.mark.chaos
async def test_a_frozen_broker_means_503_and_everything_promised_is_on_it_after(world: World) -> None:
    prefix = f"f{secrets.token_hex(3)}."
    with ephemeral.kafka() as cluster:
        topics = [dataclasses.replace(t, partitions=2) for t in city_topics(COUNTIES, prefix) if "county." in t.name]
        await chassis_testing.create_topics(cluster.bootstrap, topics)
        changes = {
            "kafka_bootstrap": cluster.bootstrap,
            "topic_prefix": prefix,
            "publish_timeout_seconds": 1.0,
        }
        async with another_gateway(world, **changes) as gateway:
            before, during = [report() for _ in range(20)], [report() for _ in range(20)]

            async def begin() -> None:
                # A second for the broker's answer is little on a busy machine; what is sent again is the same.
                assert (await gateway.post(before)).status_code == 202

            await chassis_testing.eventually(begin)
            cluster.pause()
            assert (await gateway.post(during)).status_code == 503
            cluster.resume()

            async def retry() -> None:
                assert (await gateway.post(during)).status_code == 202

            await chassis_testing.eventually(retry)
            ids = {event.id for event in await gateway.events()}
            assert ids == {event["id"] for event in before + during}


async def test_an_account_above_its_allowance_waits_and_the_others_do_not(world: World) -> None:
    async with another_gateway(world, allowance_events=1000, allowance_seconds=3600) as strict:
        assert (await strict.post([{}] * 900)).status_code == 422
        answer = await strict.post([{}] * 200)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate-limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 3600
        # Counted in events: one single event still fits.
        assert (await strict.post(report())).status_code == 202
        assert (await strict.post([{}] * 900, who="foreign")).status_code == 422
