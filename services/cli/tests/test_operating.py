"""What operators look at and change, against one ledger's database and topics: as documents, rehearsed, and on record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from duban_contracts.topics import COUNTY_PARTITIONS, KEEP_FOREVER, Topic, claims_topic
from services.chassis.testing.in_process import InProcess
from services.chassis.testing.kafka import create_topics, publish
from services.chassis.testing.workers import rectified
from services.cli.tests.running import Duban, letter

COUNTY = "140502"


@pytest.fixture
def duban(quick: Duban) -> Duban:
    return quick


def document(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said)
    return found


async def topic_with(in_process: InProcess, records: int) -> str:
    topic = claims_topic(COUNTY, in_process.prefix)
    await create_topics(in_process.bootstrap, [Topic(topic, KEEP_FOREVER, COUNTY_PARTITIONS)])
    await publish(in_process.bootstrap, topic, [rectified("K1") for _ in range(records)])
    return topic


async def test_lag_says_by_partition_what_waits_and_since_when(in_process: InProcess, duban: Duban) -> None:
    topic = await topic_with(in_process, 3)
    code, said = duban("lag", "--partitions", "--json")
    told = document(said)
    assert code == 0, said
    (place,) = (each for each in told["partitions"] if each["consumer"] == "ledger.claims")
    assert (code, told["exit"], place["topic"], place["committed"], place["behind"]) == (0, 0, topic, None, 3)
    assert place["waiting_since"] is not None
    assert duban("drain", "ledger.claims", "--within", "0")[0] == 1


async def test_a_consumer_is_paused_and_let_go_on_and_its_rehearsal_changes_nothing(
    in_process: InProcess, duban: Duban
) -> None:
    await topic_with(in_process, 1)
    by = ("--as", "operator-1")
    code, said = duban("pause", "ledger.claims", *by, "--dry-run")
    assert (code, "将暂停" in said) == (0, True)
    assert await in_process.value("SELECT count(*) FROM partition_hold") == 0
    assert duban("pause", "ledger.claims", *by)[0] == 0
    assert await in_process.value("SELECT paused_by FROM partition_hold WHERE resumed_at IS NULL") == "operator-1"
    assert duban("pause", "ledger.claims", *by)[0] == 1, "it stands already"
    assert duban("resume", "ledger.claims", *by)[0] == 0
    assert await in_process.value("SELECT count(*) FROM partition_hold WHERE resumed_at IS NULL") == 0
    async with in_process.database.acquire() as connection:
        acts = await connection.fetch("SELECT action, account FROM trail.act ORDER BY position")
    assert [tuple(act) for act in acts] == [("duban.pause", "operator-1"), ("duban.resume", "operator-1")]
    assert duban("pause", "statistics.hazards", *by)[0] == 2


async def test_dead_letters_are_counted_and_a_rehearsal_decides_about_none(in_process: InProcess, duban: Duban) -> None:
    number = await letter(in_process)
    (counted,) = document(duban("dead-letters", "stats", "ledger", "--json")[1])["counts"]
    assert (counted["consumer"], counted["code"], counted["letters"]) == ("worker", "no-good", 1)
    chosen = ("dead-letters", "drop", "ledger", "--as", "operator-1", "--code", "no-good")
    told = document(duban(*chosen, "--since", "2020-01-01T00:00:00", "--dry-run", "--json")[1])
    assert [each["id"] for each in told["letters"]] == [number]
    assert await in_process.value("SELECT state FROM dead_letter") == "held"
    assert document(duban(*chosen, "--county", COUNTY, "--json")[1])["letters"] == []
    assert duban(*chosen)[0] == 0
    assert await in_process.value("SELECT objects[1] FROM trail.act") == f"ledger/dead-letter/{number}"


async def test_what_waits_for_an_earlier_version_is_listed(in_process: InProcess, duban: Duban) -> None:
    async with in_process.database.acquire() as connection:
        await connection.execute(
            """INSERT INTO parked_event (consumer, aggregate, version, topic, partition, "offset", timestamp, value, headers)
               VALUES ('worker', 'K1', 3, 'in', 0, 0, now(), '', '')"""
        )
    code, said = duban("parked", "ledger", "--json")
    (row,) = document(said)["parked"]
    assert (code, row["aggregate"], row["waits_for"], row["first"]) == (3, "K1", 1, 3)


@pytest.mark.usefixtures("in_process")
def test_a_key_is_rotated_in_every_service(everywhere: Duban) -> None:
    duban = everywhere
    by = ("--as", "operator-1")
    assert duban("keys", "rotate", "r1", *by)[0] == 1, "there is nothing to rotate"
    issued = document(duban("keys", "issue", "r1", "--role", "county_regulator", "--area", COUNTY, *by, "--json")[1])
    told = document(duban("keys", "rotate", "r1", *by, "--json")[1])
    assert told["still_live"] == [issued["key"][4:20]]
    listed = document(duban("keys", "list", "--json")[1])["keys"]
    assert {each["key_id"] for each in listed} == {issued["key"][4:20], told["key"][4:20]}
    assert {each["role"] for each in listed} == {"county_regulator"}


@pytest.mark.usefixtures("in_process")
def test_a_key_that_leaked_is_ended_wherever_it_can_be_while_one_database_is_away(everywhere: Duban) -> None:
    duban = everywhere
    by = ("--as", "operator-1")
    key = document(duban("keys", "issue", "r1", "--role", "county_regulator", "--area", COUNTY, *by, "--json")[1])[
        "key"
    ]
    there = duban.environment["DUBAN_LEDGER_DSN"]
    duban.environment["DUBAN_LEDGER_DSN"] = "postgresql://127.0.0.1:1/away"
    code, said = duban("keys", "revoke", key[4:20], *by, "--json")
    told = document(said)
    assert (code, told["left"]) == (1, ["ledger"])
    assert set(told["services"]) == {"gateway", "scheduler", "notifications", "statistics"}
    duban.environment["DUBAN_LEDGER_DSN"] = there
    code, said = duban("keys", "revoke", key[4:20], *by, "--json")
    assert (code, document(said)["services"]) == (0, ["ledger"])


@pytest.mark.usefixtures("in_process")
def test_two_services_with_one_database_are_refused_before_anything_is_changed(duban: Duban) -> None:
    for name in ("GATEWAY", "SCHEDULER", "NOTIFICATIONS", "STATISTICS"):
        duban.environment[f"DUBAN_{name}_DSN"] = duban.environment["DUBAN_LEDGER_DSN"]
    code, said = duban("keys", "issue", "r1", "--role", "county_regulator", "--area", COUNTY, "--as", "operator-1")
    assert (code, "DSN 相同" in said) == (2, True)


def test_a_database_that_is_away_is_said_in_a_sentence_and_in_the_document(duban: Duban) -> None:
    duban.environment["DUBAN_LEDGER_DSN"] = "postgresql://nobody@127.0.0.1:1/none"
    code, said = duban("dead-letters", "stats", "ledger", "--json")
    told = document(said)
    assert (code, told["exit"], "连不上 ledger" in told["said"][0]) == (1, 1, True)
