"""`duban counties` and `duban county`: whose topic is held and why, letting it go on; and how one county stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from duban_contracts.topics import CONSUMERS, claims_topic, feedback_topic
from services.chassis.consuming import holds
from services.chassis.consuming.holds import Hold
from services.cli.changing import Act, Connection, DryRun, changing
from services.cli.kafka_standing import look
from services.cli.output import (
    NEEDS_A_PERSON,
    WRONGLY_CALLED,
    Commands,
    ago,
    bad,
    end,
    good,
    lasting,
    note,
    rows,
    value,
)
from services.cli.surroundings import Account, database, on_cluster, prefix, run

commands = Commands(help="县区通道：拒收情况、暂停与恢复", no_args_is_help=True)

_LEDGER: Final = "ledger"
_CODE_LENGTH: Final = 6
County = Annotated[str, typer.Argument(help="县区代码，六位")]


@commands.command("list")
def list_counties() -> None:
    """列出各县区通道近一小时的拒收条数、最近的拒收代码，以及是否已暂停。"""

    async def fetch() -> tuple[list[dict[str, Any]], list[Hold]]:
        async with database(_LEDGER) as connection:
            refused = await connection.fetch(
                """SELECT topic, count(*) AS refused, mode() WITHIN GROUP (ORDER BY code) AS code,
                          max(created_at) AS newest
                     FROM dead_letter WHERE refused AND created_at > now() - interval '1 hour'
                    GROUP BY topic ORDER BY topic"""
            )
            return [dict(row) for row in refused], await holds.open_holds(connection)

    refused, held = run(fetch())
    since = {hold.topic: hold.held_at for hold in held}
    found = [{**row, "held_at": since.pop(row["topic"], None)} for row in refused]
    found += [
        {"topic": topic, "refused": 0, "code": None, "newest": None, "held_at": at} for topic, at in since.items()
    ]
    columns = {
        "topic": "通道",
        "refused": "近一小时拒收",
        "code": "最多的代码",
        "newest": "最近一次",
        "held_at": "暂停自",
    }
    rows("counties", columns, found, nothing="近一小时没有拒收，也没有暂停的通道")


@commands.command("resume")
def resume_county(county: County, account: Account, dry_run: DryRun = False) -> None:
    """恢复读取一个县区的通道（与该县区说明拒收原因之后）。"""
    topic = claims_topic(county, prefix())

    async def act() -> list[Hold]:
        async with changing(Act("counties.resume", account, dry_run), [_LEDGER]) as (change,):
            resumed = await holds.resume(change.connection, [topic], account)
            change.objects += [topic] if resumed else []
        return resumed

    if not run(act()):
        end(f"{topic} 没有被暂停")
    good(f"{'将恢复' if dry_run else '已恢复'} {topic}")


def county(code: County) -> None:
    """一个县区的情况：最近来件、沉默多久（与往常相比）、拒收、等待、反馈积压；有需要处理的即以 3 退出。"""
    if not (code.isascii() and code.isdigit() and len(code) == _CODE_LENGTH):
        end("县区代码是六位数字", WRONGLY_CALLED)

    async def fetch() -> dict[str, Any]:
        async with database(_LEDGER) as connection:
            return await _standing(connection, code)

    found = run(fetch())
    behind = _behind(code) or end(f"没有主题 {claims_topic(code, prefix())}：县区代码有误，或尚未部署准备")
    value("county", {"code": code, **{name: each for name, each in found.items() if name != "rejected"}})
    worries = _worries(found, behind)
    note(
        f"最近来件　{ago(found['last_claim_at'])}；往常最长 {lasting(found['usual_gap']) if found['usual_gap'] else '—'} 无来件"
    )
    note(
        f"等待中　　{found['waiting']} 条；通道{'已暂停，自 ' + ago(found['held_at']) if found['held_at'] else '未暂停'}"
    )
    rows("behind", {"consumer": "消费者", "behind": "落后", "waiting_since": "最早未读"}, behind)
    columns = {"code": "代码", "claims": "近 24 小时拒收", "newest": "最近"}
    rows("rejected", columns, found["rejected"], nothing="近 24 小时没有拒收")
    value("worries", worries)
    for worry in worries:
        bad(worry)
    raise typer.Exit(NEEDS_A_PERSON if worries else 0)


async def _standing(connection: Connection, code: str) -> dict[str, Any]:
    # The slices of the ledger are read by who asks for this alone.
    from services.ledger.bootstrap import silence_of  # noqa: PLC0415

    silence = await silence_of(connection, code)
    last_claim_at, usual_gap = silence or (None, None)
    held = await connection.fetchrow(
        """SELECT (SELECT count(*) FROM waiting_claim WHERE county = $1) AS waiting,
                  (SELECT min(held_at) FROM partition_hold WHERE topic = $2 AND resumed_at IS NULL) AS held_at""",
        code,
        claims_topic(code, prefix()),
    )
    rejected = await connection.fetch(
        """SELECT code, count(*) AS claims, max(rejected_at) AS newest FROM rejected_claim
            WHERE county = $1 AND rejected_at > now() - interval '1 day' GROUP BY code ORDER BY count(*) DESC""",
        code,
    )
    heard = {"last_claim_at": last_claim_at, "usual_gap": usual_gap}
    return {**heard, **dict(held or {}), "rejected": [dict(row) for row in rejected]}


def _behind(code: str) -> list[dict[str, Any]]:
    topics = {claims_topic(code, prefix()), feedback_topic(code, prefix())}
    readers = [each for each in CONSUMERS if any("<code>" in family for family in each.reads)]
    found = on_cluster(lambda cluster: look(cluster, prefix(), readers, only=topics))
    return [
        {"consumer": reading.consumer, "behind": place.behind, "waiting_since": place.waiting_since}
        for reading in found
        for place in reading.places
    ]


def _worries(found: dict[str, Any], behind: list[dict[str, Any]]) -> list[str]:
    worries = []
    last, usual = found["last_claim_at"], found["usual_gap"]
    if last and usual and datetime.now(UTC) - last > usual:
        worries.append("沉默比往常久：与县区联系，看它的系统是否在运行")
    if found["held_at"]:
        worries.append("通道已暂停：查明原因后 duban counties resume 或 duban resume")
    worries += [f"{each['consumer']} 落后 {each['behind']} 条" for each in behind if each["behind"]]
    return worries
