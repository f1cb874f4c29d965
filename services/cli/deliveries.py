"""`duban deliveries`: letters that wait, did not arrive, or of which nobody knows: sent now or confirmed, one or many.

Decisions go through notifications' own routes, as the account of DUBAN_KEY: with its rights, and on its record.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from duban_contracts.vocabulary import DELIVERY_CHANNELS
from services.cli.changing import DryRun
from services.cli.output import NO, WRONGLY_CALLED, Commands, bad, end, good, note, progress_of, rows, value
from services.cli.surroundings import ask, try_to

commands = Commands(help="送达：查看、重发、确认；访问密钥取自 DUBAN_KEY", no_args_is_help=True)

_PAGE: Final = 200
_STUCK: Final = ("failed", "uncertain")
_TO_SEND: Final = (*_STUCK, "pending")
_WORDS: Final = {
    "pending": "待发",
    "sending": "发送中",
    "delivered": "已送达",
    "failed": "失败",
    "uncertain": "结果不明",
}

Ids = Annotated[list[str] | None, typer.Argument(help="送达编号；不写编号时须给出筛选条件")]
_CHANNELS: Final = "、".join(term.code for term in DELIVERY_CHANNELS)
Channel = Annotated[str | None, typer.Option(help=f"只处理此渠道的：{_CHANNELS}")]
County = Annotated[str | None, typer.Option(help="只处理此县区的，六位代码")]


@commands.command("list")
def list_deliveries(
    channel: Channel = None,
    county: County = None,
    state: Annotated[str | None, typer.Option(help="状态；不写即失败和结果不明的")] = None,
) -> None:
    """列出送达；不写状态即列出失败和结果不明的。"""
    if state is not None and state not in _WORDS:
        end(f"没有状态 {state}；有：{'、'.join(_WORDS)}", WRONGLY_CALLED)
    columns = {
        "delivery_id": "编号",
        "number": "文号",
        "county": "县区",
        "unit": "单位",
        "channel": "渠道",
        "in_words": "状态",
        "attempts": "次数",
        "code": "答复",
    }
    found = _found([state] if state else _STUCK, channel, county)
    rows("deliveries", columns, found, nothing="没有这样的送达")


@commands.command("retry")
def retry(
    ids: Ids = None,
    channel: Channel = None,
    county: County = None,
    state: Annotated[str | None, typer.Option(help="只处理此状态的：failed、uncertain、pending")] = None,
    dry_run: DryRun = False,
) -> None:
    """重新发送失败或结果不明的送达，待发的立即发送；发往现在登记的地址。"""
    if state is not None and state not in _TO_SEND:
        end(f"只能重新发送以下状态的：{'、'.join(_TO_SEND)}", WRONGLY_CALLED)
    _decide("retry", "重新发送", (state,) if state else _TO_SEND, ids, channel, county, dry_run=dry_run)


@commands.command("confirm")
def confirm(ids: Ids = None, channel: Channel = None, county: County = None, dry_run: DryRun = False) -> None:
    """确认结果不明的送达确已收到（先向收件单位核实）。"""
    _decide("confirm", "确认收到", ("uncertain",), ids, channel, county, dry_run=dry_run)


def _found(states: tuple[str, ...] | list[str], channel: str | None, county: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for state in states:
        following: str | None = ""
        while following is not None:
            wanted = {"state": state, "limit": str(_PAGE), **({"after": following} if following else {})}
            page = ask("notifications", "/v1/deliveries", wanted)
            found += page["items"]
            following = page["next"]
    return [
        {**each, "in_words": _WORDS[each["state"]]}
        for each in found
        if channel in (None, each["channel"]) and county in (None, each["county"])
    ]


def _decide(
    verb: str,
    words: str,
    states: tuple[str, ...],
    ids: list[str] | None,
    channel: str | None,
    county: str | None,
    *,
    dry_run: bool,
) -> None:
    if not (ids or channel or county):
        end("请给出送达编号，或 --channel、--county 之一", WRONGLY_CALLED)
    wanted = ids or [each["delivery_id"] for each in _found(states, channel, county)]
    value("deliveries", wanted)
    if dry_run:
        good(f"将{words} {len(wanted)} 件")
        note("只是预演，什么也没有改动")
        return
    refused: dict[str, str] = {}
    with progress_of() as progress:
        bar = progress.add_task(words, total=len(wanted))
        for each in wanted:
            said, trouble = try_to("notifications", f"/v1/deliveries/{each}/{verb}", post=True)
            if said is None:
                refused[each] = trouble
            progress.advance(bar)
    if refused and not ids:
        still = {each["delivery_id"] for each in _found(states, channel, county)}
        gone = refused.keys() - still
        refused = {each: trouble for each, trouble in refused.items() if each in still}
        if gone:
            note(f"{len(gone)} 件此间已自行发出或已由他人处置")
        wanted = [each for each in wanted if each not in gone]
    for each, trouble in refused.items():
        bad(f"{each}：{trouble}")
    good(f"已{words} {len(wanted) - len(refused)} 件")
    raise typer.Exit(NO if refused else 0)
