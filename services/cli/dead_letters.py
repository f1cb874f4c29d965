"""`duban dead-letters`: look at what was given up, and decide, one by one or in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from duban_contracts.topics import claims_topic
from services.chassis.consuming import replay
from services.chassis.consuming.replay import Decision, Selection, TooLarge
from services.chassis.publishing.outbox import unpack_headers
from services.chassis.publishing.producer import MOST_BYTES
from services.cli.changing import Act, DryRun, changing
from services.cli.output import NO, WRONGLY_CALLED, Commands, as_json, bad, end, good, note, progress_of, rows, value
from services.cli.surroundings import SERVICES, Account, Service, database, prefix, run

commands = Commands(help="死信：统计、查看、重放、放弃", no_args_is_help=True)

_SHOWN: Final = 10

Letter = Annotated[int, typer.Argument(help="死信编号")]
Letters = Annotated[list[int] | None, typer.Argument(help="死信编号；不写编号时须给出筛选条件")]
Consumer = Annotated[str | None, typer.Option(help="只处理这个消费者的")]
Code = Annotated[str | None, typer.Option(help="只处理此代码的，如 unexpected-error")]
Topic = Annotated[str | None, typer.Option(help="只处理来自此主题的，如 county.140502.v1")]
County = Annotated[str | None, typer.Option(help="只处理此县区通道的，六位代码")]
Since = Annotated[datetime | None, typer.Option(help="只处理此时刻起的（UTC）")]
Before = Annotated[datetime | None, typer.Option(help="只处理此时刻之前的（UTC）")]


@commands.command("stats")
def statistics(service: Annotated[str | None, typer.Argument(help="只看这个服务；不写即全部")] = None) -> None:
    """各服务待处理的死信：消费者、代码、条数、最早与最近。"""

    async def fetch() -> list[dict[str, Any]]:
        found = []
        for each in [service] if service else SERVICES:
            async with database(each) as connection:
                counted = await connection.fetch(
                    """SELECT $1::text AS service, consumer, code, refused, count(*) AS letters,
                              min(created_at) AS oldest, max(created_at) AS newest
                         FROM dead_letter WHERE state = 'held'
                        GROUP BY consumer, code, refused ORDER BY consumer, count(*) DESC""",
                    each,
                )
            found += [dict(row) for row in counted]
        return found

    columns = {
        "service": "服务",
        "consumer": "消费者",
        "code": "代码",
        "letters": "条数",
        "refused": "来件不合格",
        "oldest": "最早",
        "newest": "最近",
    }
    rows("counts", columns, run(fetch()), nothing="没有待处理的死信")


@commands.command("list")
def list_letters(
    service: Service,
    state: str = "held",
    limit: int = 50,
    consumer: Consumer = None,
    code: Code = None,
    county: County = None,
    since: Since = None,
) -> None:
    """列出某服务的死信（缺省只列待处理的），新的在前。"""

    async def fetch() -> list[dict[str, Any]]:
        async with database(service) as connection:
            found = await connection.fetch(
                """SELECT id, consumer, topic || '/' || partition || '/' || "offset" AS origin, code,
                          left(reason, 120) AS reason, refused, created_at
                     FROM dead_letter
                    WHERE state = $1 AND ($3::text IS NULL OR consumer = $3) AND ($4::text IS NULL OR code = $4)
                      AND ($5::text IS NULL OR topic = $5) AND ($6::timestamptz IS NULL OR created_at >= $6)
                    ORDER BY id DESC LIMIT $2""",
                state,
                limit,
                consumer,
                code,
                _topic_of(county),
                _utc(since),
            )
        return [dict(row) for row in found]

    columns = {
        "id": "编号",
        "consumer": "消费者",
        "origin": "来源",
        "code": "代码",
        "reason": "原因",
        "created_at": "时间",
    }
    rows("letters", columns, run(fetch()), nothing="没有这样的死信")


@commands.command("show")
def show_letter(service: Service, letter: Letter) -> None:
    """显示一封死信的全部内容：原始字节、消息头、原因。"""

    async def fetch() -> dict[str, Any] | None:
        async with database(service) as connection:
            row = await connection.fetchrow("SELECT * FROM dead_letter WHERE id = $1", letter)
        return dict(row) if row else None

    row = run(fetch()) or end(f"{service} 没有编号为 {letter} 的死信")
    shown = {**row, "headers": unpack_headers(row["headers"])}
    value("letter", shown)
    for name, each in shown.items():
        if not as_json():
            note(f"{name}: {each!r}")


@commands.command("reinsert")
def reinsert_letters(
    service: Service,
    account: Account,
    letters: Letters = None,
    consumer: Consumer = None,
    code: Code = None,
    topic: Topic = None,
    county: County = None,
    since: Since = None,
    before: Before = None,
    dry_run: DryRun = False,
) -> None:
    """把死信原样送回它的主题，由服务重新处理；可按编号，也可按条件成批处理，一次全部生效。"""
    wanted = _selection(letters, consumer, code, topic, county, since, before)
    _decide(service, wanted, "reinserted", Act("dead-letters.reinsert", account, dry_run))


@commands.command("drop")
def drop_letters(
    service: Service,
    account: Account,
    letters: Letters = None,
    consumer: Consumer = None,
    code: Code = None,
    topic: Topic = None,
    county: County = None,
    since: Since = None,
    before: Before = None,
    dry_run: DryRun = False,
) -> None:
    """放弃死信；内容保留，排在后面等待的事件继续处理；可按编号，也可按条件成批处理，一次全部生效。"""
    wanted = _selection(letters, consumer, code, topic, county, since, before)
    _decide(service, wanted, "dropped", Act("dead-letters.drop", account, dry_run))


def _selection(
    letters: list[int] | None,
    consumer: str | None,
    code: str | None,
    topic: str | None,
    county: str | None,
    since: datetime | None,
    before: datetime | None,
) -> Selection:
    if topic and county:
        end("--topic 与 --county 只能给出一个", WRONGLY_CALLED)
    wanted = Selection(
        ids=letters or None,
        consumer=consumer,
        code=code,
        topic=topic or _topic_of(county),
        since=_utc(since),
        before=_utc(before),
    )
    if wanted == Selection():
        end("请给出死信编号，或 --consumer、--code、--topic、--county、--since、--before 之一", WRONGLY_CALLED)
    return wanted


def _decide(service: str, wanted: Selection, decision: Decision, act: Act) -> None:
    try:
        origins = run(_act(service, wanted, decision, act))
    except TooLarge as error:
        end(
            f"死信 {error.letter} 共 {error.size} 字节，超过可发送的 {MOST_BYTES} 字节，不能送回；什么也没有改动。"
            f"请用 duban dead-letters drop 放弃它，由来件方缩小后重新发送"
        )
    verb = ("将" if act.dry_run else "已") + ("送回" if decision == "reinserted" else "放弃")
    missing = sorted(set(wanted.ids or ()) - set(origins))
    value("letters", [{"id": letter, "origin": origin} for letter, origin in origins.items()])
    for origin in list(origins.values())[:_SHOWN]:
        good(f"{verb} {origin}")
    if len(origins) != 1:
        good(f"{verb}共 {len(origins)} 封")
    for letter in missing:
        bad(f"死信 {letter} 不在待处理状态")
    if act.dry_run:
        note("只是预演，什么也没有改动")
    raise typer.Exit(NO if missing else 0)


async def _act(service: str, wanted: Selection, decision: Decision, act: Act) -> dict[int, str]:
    async with changing(act, [service]) as (change,):
        letters: Sequence[int] = await replay.select(change.connection, wanted)
        with progress_of() as progress:
            task = progress.add_task("处理死信", total=len(letters))
            origins = await replay.decide(
                change.connection,
                letters,
                decision,
                act.account,
                done=lambda count: progress.update(task, completed=count),
            )
        found = dict(zip(letters, origins, strict=True))
        change.objects += [f"{service}/dead-letter/{letter}" for letter in letters]
    return found


def _topic_of(county: str | None) -> str | None:
    return claims_topic(county, prefix()) if county else None


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
