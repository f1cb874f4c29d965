"""The `duban` command as operations run it: a process of its own, told by the environment."""

from __future__ import annotations

import asyncio

from deploy.local.ports import free_ports
from duban_contracts.topics import COUNTY_PARTITIONS, KEEP_FOREVER, Topic, claims_topic
from services.chassis.process.clock import SystemClock
from services.chassis.publishing.relay import Relay
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import create_topics, eventually, publish, read_records
from services.chassis.testing.workers import rectified
from services.cli.tests.running import Duban, letter, listening


async def test_dead_letters_are_listed_shown_reinserted_and_dropped(in_process: InProcess, duban: Duban) -> None:
    first, second = await letter(in_process), await letter(in_process)
    code, listed = duban("dead-letters", "list", "ledger")
    assert code == 0
    assert "no-good" in listed
    assert "[/b] 不合规则 [red]" in listed
    code, shown = duban("dead-letters", "show", "ledger", str(first))
    assert code == 0
    assert "ce_id" in shown
    assert "K1" in shown
    code, said = duban("dead-letters", "reinsert", "ledger", str(first), "--as", "operator-1")
    assert code == 0
    assert f"{in_process.prefix}in/" in said
    assert duban("dead-letters", "drop", "ledger", str(second), "--as", "operator-1")[0] == 0
    async with in_process.database.acquire() as connection:
        rows = await connection.fetch("SELECT state, resolved_by FROM dead_letter ORDER BY id")
    assert [tuple(row) for row in rows] == [("reinserted", "operator-1"), ("dropped", "operator-1")]
    code, said = duban("dead-letters", "drop", "ledger", str(first), "--as", "operator-1")
    assert (code, "不在待处理状态" in said) == (1, True)
    async with working(
        Relay(database=in_process.database, bootstrap=in_process.bootstrap, service="t", clock=SystemClock()).run
    ):

        async def back_in_its_topic() -> None:
            records = await read_records(in_process.bootstrap, f"{in_process.prefix}in")
            assert len(records) == 3
            assert len({(record.key, record.value) for record in records}) == 1

        await eventually(back_in_its_topic)


async def test_dead_letters_are_decided_in_bulk_by_what_they_have_in_common(
    in_process: InProcess, duban: Duban
) -> None:
    letters = [await letter(in_process) for _ in range(4)]
    async with in_process.database.acquire() as connection:
        await connection.execute("UPDATE dead_letter SET code = 'other' WHERE id = $1", letters[0])
    assert duban("dead-letters", "drop", "ledger", "--as", "operator-1")[0] == 2, "nobody drops everything by mistake"
    code, said = duban("dead-letters", "drop", "ledger", "--as", "operator-1", "--code", "no-good")
    assert (code, "已放弃共 3 封" in said) == (0, True)
    code, said = duban("dead-letters", "reinsert", "ledger", "--as", "operator-1", "--topic", f"{in_process.prefix}in")
    assert (code, said.count("已送回")) == (0, 1)
    assert await in_process.value("SELECT count(*) FROM dead_letter WHERE state = 'held'") == 0


async def test_a_letter_too_large_to_be_sent_is_named_and_nothing_is_changed(
    in_process: InProcess, duban: Duban
) -> None:
    letters = [await letter(in_process) for _ in range(2)]
    async with in_process.database.acquire() as connection:
        await connection.execute(
            "UPDATE dead_letter SET value = convert_to(repeat('x', 1000001), 'UTF8') WHERE id = $1", letters[1]
        )
    code, said = duban("dead-letters", "reinsert", "ledger", "--as", "operator-1", "--code", "no-good")
    assert code == 1
    assert f"死信 {letters[1]} 共" in said
    assert "超过可发送的 1000000 字节" in said
    assert await in_process.value("SELECT count(*) FROM dead_letter WHERE state = 'held'") == 2


async def test_a_bulk_decision_takes_effect_whole_or_not_at_all(in_process: InProcess, duban: Duban) -> None:
    letters = [await letter(in_process) for _ in range(2)]
    async with in_process.database.acquire() as connection:
        await connection.execute("ALTER TABLE outbox ADD CHECK (partition IS NULL)")
    assert duban("dead-letters", "reinsert", "ledger", *map(str, letters), "--as", "operator-1")[0] != 0
    assert await in_process.value("SELECT count(*) FROM dead_letter WHERE state = 'held'") == 2


async def test_a_key_is_issued_listed_and_revoked_in_every_service_at_once(
    in_process: InProcess, everywhere: Duban
) -> None:
    duban = everywhere
    code, said = duban("keys", "issue", "r1", "--role", "county_regulator", "--area", "140502", "--as", "operator-1")
    assert code == 0
    key_id = said.strip()[4:20]
    assert await in_process.value("SELECT account FROM api_key WHERE key_id = $1", key_id) == "r1"
    code, listed = duban("keys", "list", "--account", "r1")
    assert (code, key_id in listed, "全部服务" in listed) == (0, True, True)
    code, said = duban("keys", "revoke", key_id, "--as", "operator-1")
    assert code == 0
    assert "gateway" in said
    assert await in_process.value("SELECT revoked_at IS NOT NULL FROM api_key")
    assert "已停用" in duban("keys", "list")[1]
    assert duban("keys", "revoke", key_id, "--as", "operator-1")[0] == 1


async def test_an_unknown_role_is_refused_by_name(duban: Duban) -> None:
    assert duban("keys", "issue", "r1", "--role", "regulator", "--area", "140502", "--as", "operator-1")[0] == 2


async def test_lag_counts_what_each_consumer_has_not_read(in_process: InProcess, duban: Duban) -> None:
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1") for _ in range(2)])
    async with working(in_process.consumer("ledger.claims").run):
        await in_process.effects(2)
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1") for _ in range(3)])
    # Of a county that is new nothing was ever committed.
    new = claims_topic("140502", in_process.prefix)
    await create_topics(in_process.bootstrap, [Topic(new, KEEP_FOREVER, COUNTY_PARTITIONS)])
    await publish(in_process.bootstrap, new, [rectified("K2") for _ in range(4)])
    code, said = duban("lag")
    assert code == 0
    assert "7" in next(line for line in said.splitlines() if "ledger.claims" in line).replace("分区", "")


async def test_health_says_who_is_ready_and_fails_when_one_is_not(in_process: InProcess, duban: Duban) -> None:
    here, nowhere = free_ports(2)
    for name in ("GATEWAY", "LEDGER", "SCHEDULER", "NOTIFICATIONS", "STATISTICS"):
        duban.environment[f"DUBAN_{name}_URL"] = f"http://127.0.0.1:{here}"
    async with listening(in_process, here):
        code, said = await asyncio.to_thread(duban, "health")
        assert (code, said.count(" ready ")) == (0, 5)
        duban.environment["DUBAN_LEDGER_URL"] = f"http://127.0.0.1:{nowhere}"
        code, said = await asyncio.to_thread(duban, "health")
    assert code == 1
    assert "unreachable" in next(line for line in said.splitlines() if "ledger" in line)


def test_what_is_missing_in_the_environment_is_named(duban: Duban) -> None:
    del duban.environment["DUBAN_LEDGER_DSN"]
    code, said = duban("dead-letters", "list", "ledger")
    assert (code, "DUBAN_LEDGER_DSN" in said) == (2, True)


async def test_a_held_county_is_listed_and_resumed(in_process: InProcess, duban: Duban) -> None:
    topic = f"{in_process.prefix}county.140502.v1"
    async with in_process.database.acquire() as connection:
        await connection.execute(
            "INSERT INTO partition_hold (consumer, topic, partition, refused) VALUES ('ledger.claims', $1, 0, 1000)",
            topic,
        )
    code, listed = duban("counties", "list")
    assert (code, "140502" in listed) == (0, True)
    code, said = duban("counties", "resume", "140502", "--as", "operator-1")
    assert (code, topic in said) == (0, True)
    assert await in_process.value("SELECT resumed_by FROM partition_hold") == "operator-1"
    assert duban("counties", "resume", "140502", "--as", "operator-1")[0] == 1
