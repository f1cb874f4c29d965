from __future__ import annotations

from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from services.chassis.process import tls
from services.chassis.process.kafka import Broker, options
from services.statistics.stream.events.app import build_app

CONTEXT = tls.context()


@pytest.mark.parametrize(
    "broker",
    [
        Broker("one:9092,two:9092"),
        Broker("one:9092", "SSL", tls=CONTEXT),
        Broker("one:9092", "SASL_PLAINTEXT", username="duban-statistics", password="hush"),
        Broker("one:9092", "SASL_SSL", username="duban-statistics", password="hush", tls=CONTEXT),
    ],
    ids=lambda broker: broker.security,
)
async def test_faust_reaches_kafka_as_every_other_client_does(broker: Broker, tmp_path: Path) -> None:
    app = build_app(bootstrap=broker, topic_prefix="", data_directory=tmp_path, session_seconds=12)
    told = dict(credentials_to_aiokafka_auth(app.conf.broker_credentials, app.conf.ssl_context))
    expected = {"security_protocol": broker.security, **options(broker)}
    assert [f"{url.host}:{url.port}" for url in app.conf.broker] == expected.pop("bootstrap_servers").split(",")
    assert {name: value for name, value in told.items() if value is not None} == expected
