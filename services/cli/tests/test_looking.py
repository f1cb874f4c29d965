"""What is looked at and never changed: one screen, one county, what waits, the trails, backups, and what is handed outside."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.local.ports import free_ports
from duban_contracts.topics import COUNTY_PARTITIONS, KEEP_FOREVER, Topic, claims_topic
from services.chassis.testing.in_process import InProcess
from services.chassis.testing.kafka import create_topics, publish
from services.chassis.testing.workers import rectified
from services.cli.command_line import app
from services.cli.tests.running import Duban, letter, listening
from services.ledger import bootstrap as ledger
from services.notifications import bootstrap as notifications

COUNTY = "140502"
SERVICES = ("GATEWAY", "LEDGER", "SCHEDULER", "NOTIFICATIONS", "STATISTICS")
CANARY = "13800138000-canary"

Make = Callable[..., str]
Migrated = Callable[[Path, Iterable[str]], str]


def document(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said)
    return found


async def test_one_screen_says_how_everything_stands_and_what_needs_a_person(
    in_process: InProcess, quick: Duban, make_database: Make, migrated: Migrated
) -> None:
    (port,) = free_ports(1)
    for name in SERVICES:
        quick.environment[f"DUBAN_{name}_URL"] = f"http://127.0.0.1:{port}"
        quick.environment.setdefault(f"DUBAN_{name}_DSN", quick.environment["DUBAN_LEDGER_DSN"])
    quick.environment["DUBAN_NOTIFICATIONS_DSN"] = make_database(
        migrated(notifications.MIGRATIONS, notifications.SLICES)
    )
    await letter(in_process)
    async with listening(in_process, port):
        code, said = await asyncio.to_thread(quick, "status", "--json")
    told = document(said)
    assert [each["state"] for each in told["services"]] == ["ready"] * 5
    stores = {each["service"]: each for each in told["stores"]}
    assert (stores["ledger"]["dead_letters"], stores["notifications"]["dead_letters"]) == (1, 0)
    assert (code, told["exit"]) == (3, 3)
    assert "ledger：1 封死信待处理：duban dead-letters stats" in told["worries"]
    assert "ledger.claims 没有成员在读" in told["worries"]
    code, said = await asyncio.to_thread(quick, "status")
    assert (code, "gateway：ConnectError" in said) == (3, True)


async def test_a_county_is_told_by_its_own_topics_claims_and_silence(
    in_process: InProcess, quick: Duban, make_database: Make, migrated: Migrated
) -> None:
    dsn = make_database(migrated(ledger.MIGRATIONS, ledger.SLICES))
    quick.environment["DUBAN_LEDGER_DSN"] = dsn
    assert quick("county", COUNTY)[0] == 1, "it has no topic"
    assert quick("county", "14050")[0] == 2
    topic = claims_topic(COUNTY, in_process.prefix)
    await create_topics(in_process.bootstrap, [Topic(topic, KEEP_FOREVER, COUNTY_PARTITIONS)])
    code, said = quick("county", COUNTY, "--json")
    assert (code, document(said)["county"]["waiting"]) == (0, 0)
    await publish(in_process.bootstrap, topic, [rectified("K1") for _ in range(2)])
    connection = await asyncpg.connect(dsn)
    await connection.execute("INSERT INTO county_arrival VALUES ($1, now() - interval '8 days')", COUNTY)
    await connection.execute("INSERT INTO county_gap VALUES ($1, current_date, '10 minutes')", COUNTY)
    await connection.execute(
        """INSERT INTO waiting_claim (county, reference, reference_key, waiting_for, topic, partition, "offset", received_at, value,
                                      headers, event_id, source, type)
           VALUES ($1, 'AQ-1', 'aq-1', 'report', 't', 0, 0, now(), '', '', 'e-1', 's', 'duban.hazard.rectified.v1')""",
        COUNTY,
    )
    await connection.close()
    code, said = quick("county", COUNTY, "--json")
    told = document(said)
    (claims,) = (each for each in told["behind"] if each["consumer"] == "ledger.claims")
    assert (code, claims["behind"], told["county"]["waiting"]) == (3, 2, 1)
    # One silence of ten minutes says nothing yet of what is usual: a week is, as for the alert.
    assert timedelta(seconds=told["county"]["usual_gap"]) == timedelta(days=7)
    assert any("沉默" in worry for worry in told["worries"])
    await _heard_of_just_now(dsn)
    assert not any("沉默" in worry for worry in document(quick("county", COUNTY, "--json")[1])["worries"])
    (waiting,) = document(quick("waiting", "--county", COUNTY, "--json")[1])["claims"]
    assert (waiting["reference"], waiting["in_words"]) == ("AQ-1", "隐患上报")
    assert document(quick("waiting", "--county", "140521", "--json")[1])["counts"] == []


async def _heard_of_just_now(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE county_arrival SET last_at = now() - interval '2 hours'")
    await connection.close()


@pytest.mark.usefixtures("in_process")
def test_every_trail_is_verified_at_once(quick_everywhere: Duban) -> None:
    code, said = quick_everywhere("verify", "--json")
    trails = document(said)["trails"]
    assert [each["faults"] for each in trails] == [0] * 5
    # In a test's database the trail is still its service's own, which could change it.
    assert (code, {each["taken_over"] for each in trails}) == (1, {False})


@pytest.mark.promise("P8")
async def test_what_is_handed_outside_holds_no_secret_and_nobodys_data(
    in_process: InProcess, quick: Duban, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    for name in SERVICES:
        quick.environment[f"DUBAN_{name}_URL"] = f"http://127.0.0.1:{port}"
        quick.environment.setdefault(f"DUBAN_{name}_DSN", f"postgresql://u:{CANARY}@127.0.0.1:1/{CANARY}")
    quick.environment |= {"DUBAN_KEY": CANARY, "DUBAN_KAFKA_PASSWORD": "", "DUBAN_SECRETS": str(tmp_path / "secrets")}
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "DUBAN_SMTP_PASSWORD").write_text(CANARY)
    await letter(in_process, reason=CANARY)
    async with in_process.database.acquire() as connection:
        await connection.execute("UPDATE dead_letter SET value = $1, key = $1", CANARY.encode())
    logs, file = tmp_path / "logs", tmp_path / "bundle.tar.gz"
    logs.mkdir()
    said_by = {"event": f"call {CANARY}", "logger": "uvicorn.error", "account": CANARY, "level": "error", "status": 500}
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    (logs / "ledger.log").write_text(json.dumps({**said_by, "timestamp": at}) + f"\n{CANARY}\n")
    quick.environment["DUBAN_LOGS"] = str(logs)
    async with listening(in_process, port):
        code, said = await asyncio.to_thread(quick, "bundle", "--file", str(file))
    assert (code, str(file) in said) == (0, True), said
    with tarfile.open(file) as archive:
        parts = {each.name: archive.extractfile(each).read().decode() for each in archive.getmembers()}  # type: ignore[union-attr]
    assert not [name for name, text in parts.items() if CANARY in text]
    assert "no-good" in parts["duban-bundle/stores.json"]
    stated = json.loads(parts["duban-bundle/settings.json"])
    assert stated["DUBAN_KEY"] == stated["DUBAN_SMTP_PASSWORD"] == "given"
    assert json.loads(parts["duban-bundle/ledger/log.jsonl"])["level"] == "error"
    assert json.loads(parts["duban-bundle/stores.json"])["ledger"]["migrations"]
    for name in ("ledger/metrics.txt", "consumers.json", "topics.json", "versions.json", "alerts.json"):
        assert f"duban-bundle/{name}" in parts
    assert file.stat().st_mode & 0o777 == 0o600


def base_backup(place: Path, at: datetime, content: bytes = b"pages") -> Path:
    base = place / "base" / f"{at:%Y%m%dT%H%M%S}.123456789Z"
    base.mkdir(parents=True)
    (base / "PG_VERSION").write_bytes(content)
    file = {
        "Path": "PG_VERSION",
        "Size": len(content),
        "Checksum-Algorithm": "SHA256",
        "Checksum": hashlib.sha256(content).hexdigest(),
    }
    (base / "backup_manifest").write_text(json.dumps({"Files": [file]}))
    return base


def test_backups_are_listed_and_the_newest_is_checked_file_by_file(tmp_path: Path) -> None:
    def duban(*words: str) -> tuple[int, dict[str, Any]]:
        ended = CliRunner().invoke(app, ["backup", *words, "--json"], env={"DUBAN_BACKUPS": str(tmp_path)})
        return ended.exit_code, document(ended.output)

    assert duban("list")[0] == 3, "there is none"
    assert duban("verify")[0] == 1
    now = datetime.now(UTC)
    base_backup(tmp_path, now - timedelta(days=3))
    assert duban("list")[0] == 3, "it is old"
    newest = base_backup(tmp_path, now)
    code, told = duban("list")
    assert (code, [each["name"] for each in told["backups"]][-1]) == (0, newest.name)
    assert duban("verify")[0] == 0
    (newest / "PG_VERSION").write_bytes(b"pagez")
    code, told = duban("verify")
    assert (code, told["wrong"]) == (1, [{"file": "PG_VERSION"}])
    assert duban("how")[0] == 0
