"""The JDK's own HTTP client with its defaults, before a real gateway: it is served, and hears what it did wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.county import County, run
from tests.clients.toolchains import HERE, needed

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]


@pytest.mark.promise("P1")
async def test_a_client_that_offers_http2_is_served_and_hears_every_refusal(county: County, tmp_path: Path) -> None:
    needed("java", "javac")
    printed = await run(["java", str(HERE / "java" / "Edge.java")], tmp_path, county.environment("edge"))
    answers = [line.split(" ", 1) for line in printed.splitlines()]
    assert [(status, json.loads(body).get("code")) for status, body in answers] == [
        ("202", None),
        ("413", "body-too-large"),
        ("431", "head-too-long"),
    ] * 5
    receipts = {json.loads(body)["results"][0]["receipt_id"] for status, body in answers if status == "202"}
    assert len(receipts) == 1
