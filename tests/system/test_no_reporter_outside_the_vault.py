"""A marked reporter goes through every door, and is then looked for everywhere: nowhere outside the vault (P8, SY34).

A search that finds nothing proves nothing unless it can find: what everybody may see is found at each of the same places,
and a leak that is planted is reported.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local import ephemeral, vault
from services.chassis.process.clock import ZONE
from services.chassis.testing import searching
from services.chassis.testing.searching import Marked
from services.ledger.tests.vaults import create_vault, drop_vault
from tests.deploy import running
from tests.system import canary
from tests.system.canary import Pages
from tests.system.marked_city import City, sent_back

pytestmark = [pytest.mark.servers, pytest.mark.platform, pytest.mark.timeout(600)]

COUNTY = "140502"
CHANNELS = ("hotline", "web", "letter", "visit", "department", "referral")
RECEIVERS = ("tip-officer-1", "regulator-140502-1", "city-regulator-1", "city-office-1")
SOON = 90


@pytest.fixture
def city(
    kafka_bootstrap: str,
    postgres_dsn: str,
    topic_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[City]:
    environ = {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": postgres_dsn,
        "DUBAN_TOPIC_PREFIX": topic_prefix,
    }
    home = tmp_path / "home"
    (home / "credentials").mkdir(parents=True)
    installed = ephemeral.in_own_loop(create_vault(postgres_dsn, tmp_path))
    (home / "credentials" / "vault-keyring.json").write_bytes(installed.keys.read_bytes())
    try:
        with canary.collector() as spans, running.databases(postgres_dsn, 5) as dsns:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", spans.url)
            with running.platform(home, environ, dsns, clock={}, vault_dsn=installed.dsn) as started:
                assert vault.keys(started.settings).exists()
                yield City(started, home, spans, installed.owner_dsn, topic_prefix, kafka_bootstrap)
    finally:
        ephemeral.in_own_loop(drop_vault(postgres_dsn, installed))


@pytest.mark.feature("SY34")
@pytest.mark.feature("SY36")
@pytest.mark.promise("P8")
def test_a_reporter_is_found_nowhere_outside_the_vault_and_a_leak_would_be(city: City) -> None:
    through_every_door(city)
    looked_up(city)
    # What everybody may see has arrived, and is found at each place by the very same search.
    control = Marked([city.public, "/v1/tips", "HTTP POST"])
    running.until(lambda: seen_at(behind_the_pages(city, control), ALL_PLACES - {"page"}), seconds=SOON)
    pages = pages_of(city)
    shown = pages.read()
    seen_at(canary.in_pages(shown, control), frozenset({"page"}))
    assert len([page for page in shown if page.status == 200]) > 100
    assert [*behind_the_pages(city, city.secret), *canary.in_pages(shown, city.secret)] == []
    planted(city)
    leaked = [*behind_the_pages(city, city.secret), *canary.in_pages(pages.read("/v1/tips"), city.secret)]
    seen_at(leaked, ALL_PLACES - {"metrics"})


ALL_PLACES = frozenset({"topic", "database", "file", "page", "metrics", "traces"})


def seen_at(hits: list[str], places: frozenset[str]) -> None:
    assert {hit.split()[0].rstrip(":") for hit in hits} >= places, hits[:20]


def through_every_door(city: City) -> None:
    """Give the identity wherever one can be given, rightly and wrongly."""
    today = datetime.now(ZONE).date()
    for nth, channel in enumerate(CHANNELS):
        body = {
            "channel": channel,
            "county": COUNTY,
            "sector": "fire_safety",
            "place": "东街12号",
            "content": f"安全出口被堵 {city.public}",
            "answer_due_on": (today + timedelta(days=10)).isoformat(),
            "reporter": city.reporter,
        }
        account, key = RECEIVERS[nth % len(RECEIVERS)], {"Idempotency-Key": secrets.token_hex(8)}
        tip = city.done("/v1/tips", account, body, **key)
        assert city.done("/v1/tips", account, body, **key) == tip
        city.tips.append(tip["number"])
    wrong: list[tuple[str, Any, int]] = [
        ("/v1/tips", {**body, "content": f"{city.name}反映出口被堵"}, 422),
        ("/v1/tips", {**body, "reporter": {**city.reporter, "phone": f"手机{city.phone}"}}, 422),
        ("/v1/tips", {**body, "reporter": [city.reporter]}, 422),
        ("/v1/tips", {**body, "informant": city.reporter}, 422),
        ("/v1/tips", {**body, "county": "140999"}, 403),
        (f"/v1/tips/{city.tips[0]}/tell", {"told": "已函复", "reporter": city.reporter}, 422),
        (f"/v1/tips/{city.tips[0]}/nothing", {"reporter": city.reporter}, 404),
    ]
    for path, said, status in wrong:
        answer = city.post(path, "tip-officer-1", said)
        assert answer.status_code == status, answer.text
    refused = city.post("/v1/tips", "operator-1", body)
    assert refused.status_code == 403
    inside = {"place": "三号车间", "content": "除尘风机停用", "claim_code": secrets.token_hex(12)}
    report = city.done("/v1/inside-reports", "enterprise_user", {**inside, "reporter": city.reporter})
    city.inside.append(report["report_id"])
    verified_and_confirmed(city, today.isoformat())


def verified_and_confirmed(city: City, today: str) -> None:
    """Let one tip go its whole way, so that every service hears of it."""
    visit = {
        "visited_on": today,
        "visit": "现场检查属实",
        "enterprise": {"name": "城区示例商场（虚构）"},
        "place": "东街12号",
        "description": f"安全出口被堵 {city.public}",
    }
    path, office, regulator = f"/v1/tips/{city.tips[-1]}", "tip-officer-1", "regulator-140502-1"
    sent_back(city, f"{path}/refute", regulator, {"visited_on": today, "visit": "现场检查"}, "visit")
    sent_back(city, f"{path}/verify", regulator, visit, "visit", "place", "description")
    tip = city.done(f"{path}/verify", regulator, visit)
    city.hazards.append(tip["hazard_number"])
    sent_back(city, f"{path}/correct", regulator, visit, "visit", "description")
    for move, text in (("tell", "told"), ("answer", "answer")):
        sent_back(city, f"{path}/{move}", office, {text: "经核查属实，已立案"}, text)
        city.done(f"{path}/{move}", office, {text: "经核查属实，已立案"})
    due = (datetime.now(ZONE).date() + timedelta(days=10)).isoformat()
    confirm = {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": due}
    city.done(f"/v1/hazards/{tip['hazard_number']}/confirm", regulator, confirm)
    reward = city.done(f"{path}/reward", office)
    sent_back(city, f"/v1/rewards/{reward['reward_id']}/pay", office, {"paid_on": today, "voucher": "15号"}, "voucher")


def looked_up(city: City) -> None:
    """Ask for the identity, be released, and be shown it: the one place where it is."""
    asked = city.done(f"/v1/tips/{city.tips[0]}/lookups", "tip-officer-1", {"reason": "result", "note": "函复"})
    path = f"/v1/lookups/{asked['lookup_id']}"
    assert city.post(f"{path}/read", "tip-officer-2").status_code == 403
    city.done(f"{path}/release", "tip-officer-2")
    assert city.done(f"{path}/read", "tip-officer-1")["reporter"] == city.reporter


def pages_of(city: City) -> Pages:
    named = {"tips": [city.tips[0], city.tips[-1]], "hazards": city.hazards, "inside-reports": city.inside}
    asked = canary.questions(city.urls["ledger"], city.hazards[0], city.running.keys["city-office-1"])
    return Pages(city.urls, city.tokens, named, asked)


def behind_the_pages(city: City, marked: Marked) -> list[str]:
    """Return every place but pages at which it stands; the vault is looked into, too: there it is sealed."""
    dsns = {**city.running.dsns, "vault": city.vault_dsn}
    return [
        *ephemeral.in_own_loop(searching.topics(city.bootstrap, city.prefix, marked)),
        *ephemeral.in_own_loop(searching.databases(dsns, marked)),
        *searching.files(city.home, marked),
        *canary.metrics(city.urls, marked),
        *city.spans.search(marked),
    ]


def planted(city: City) -> None:
    """Let the identity out, once at each place."""
    ephemeral.in_own_loop(_planted(city))
    with (city.home / "ledger.log").open("a", encoding="utf-8") as log:
        log.write(f'{{"event": "request", "reporter": "{city.name}"}}\n')
    httpx.post(city.spans.url, content=city.phone.encode())


async def _planted(city: City) -> None:
    connection = await asyncpg.connect(city.running.dsns["ledger"])
    await connection.execute("UPDATE tip SET source_number = $1 WHERE number = $2", city.phone, city.tips[0])
    await connection.close()
    producer = AIOKafkaProducer(bootstrap_servers=city.bootstrap)
    await producer.start()
    await producer.send_and_wait(
        f"{city.prefix}county.{COUNTY}.feedback.v1", b"{}", headers=[("x", city.phone.encode())]
    )
    await producer.stop()


@pytest.mark.parametrize("form", sorted(searching.forms("举报人甲")))
def test_the_search_finds_a_name_in_each_form(form: str) -> None:
    needle = searching.forms("举报人甲")[form]
    assert any(form in hit for hit in Marked(["举报人甲"]).hits("place", b"before" + needle + b"after"))
    assert not list(Marked(["举报人甲"]).hits("place", b"nothing of the kind"))
