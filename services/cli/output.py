"""What a command prints: for people as it goes, or with `--json` one document at its end.

The document has the command's own tables by name, and always `exit` and `said` (the sentences in their order).
Names and types of what stands in it stay; more may be added. Instants are ISO 8601 with their offset. Exit codes:

0  done, and nothing needs a person
1  not done, or the answer is no: refused, unreachable, not the same, no such thing
2  called wrongly, or not told where the platform is
3  answered, and something in it needs a person
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.chassis.process.clock import ZONE

DONE: Final = 0
NO: Final = 1
WRONGLY_CALLED: Final = 2
NEEDS_A_PERSON: Final = 3

console: Final = Console()

Act = TypeVar("Act", bound=Callable[..., None])
Json = Annotated[bool, typer.Option("--json", help="输出一份 JSON，供其他程序读取")]

_document: ContextVar[dict[str, Any] | None] = ContextVar("document", default=None)
_GOOD, _BAD = "✓ ", "✗ "


class Commands(typer.Typer):
    """A group of commands that print through this module, and so have `--json`."""

    def command(self, name: str | None = None, **named: Any) -> Callable[[Act], Act]:
        """Register a command; the function stays as it is."""
        register = super().command(name, **named)

        def with_json(act: Act) -> Act:
            register(_documented(act))
            return act

        return with_json


def _documented(act: Callable[..., None]) -> Callable[..., None]:
    """Return the command with `--json` among its options: then its document is printed, however it ends."""

    @functools.wraps(act)
    def run(*arguments: Any, as_json: bool, **named: Any) -> None:
        if not as_json:
            act(*arguments, **named)
            return
        document: dict[str, Any] = {"exit": DONE, "said": []}
        token = _document.set(document)
        try:
            act(*arguments, **named)
        except typer.Exit as ending:
            document["exit"] = ending.exit_code
            raise
        except Exception:
            document["exit"] = NO
            raise
        finally:
            _document.reset(token)
            typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=as_plain))

    signature = inspect.signature(act, eval_str=True)
    option = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**act.__annotations__, "as_json": Json}
    return run


def as_json() -> bool:
    """Return whether a document is asked for: then nothing else may be printed."""
    return _document.get() is not None


def good(sentence: str) -> None:
    """Say that something is done or well."""
    _say(_GOOD + sentence)


def bad(sentence: str) -> None:
    """Say that something is not done or not well."""
    _say(_BAD + sentence)


def note(sentence: str) -> None:
    """Say something else."""
    _say(sentence)


def _say(sentence: str) -> None:
    document = _document.get()
    if document is None:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    else:
        document["said"].append(sentence)


def end(sentence: str, code: int = NO) -> NoReturn:
    """Say what is wrong, and end the command."""
    bad(sentence)
    raise typer.Exit(code)


def rows(
    name: str, columns: Mapping[str, str], found: Sequence[Mapping[str, Any]], *, title: str = "", nothing: str = ""
) -> None:
    """Print a table: `columns` are the keys to be shown with their Chinese heads; a document holds every key of a row.

    `nothing` is said of an empty one.
    """
    document = _document.get()
    if document is not None:
        document[name] = [dict(row) for row in found]
        return
    if not found and nothing:
        good(nothing)
        return
    table = Table(*columns.values(), title=title or None, title_justify="left")
    for column in table.columns:
        column.overflow = "fold"
    for row in found:
        table.add_row(*(escape(_in_words(row[key])) for key in columns))
    console.print(table)


def value(name: str, said: Any) -> None:
    """Put a value that is no table into the document; people are told in sentences."""
    document = _document.get()
    if document is not None:
        document[name] = said


def ago(instant: datetime | None) -> str:
    """Return an instant in the city's time, and how long ago that was."""
    if instant is None:
        return "—"
    return f"{instant.astimezone(ZONE):%m-%d %H:%M:%S}（{lasting(datetime.now(UTC) - instant)}前）"


def lasting(span: timedelta) -> str:
    """Return a span in its two greatest units."""
    seconds = max(0, int(span.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} 天 {hours} 小时"
    if hours:
        return f"{hours} 小时 {minutes} 分"
    return f"{minutes} 分 {seconds % 60} 秒" if minutes else f"{seconds} 秒"


def _in_words(each: Any) -> str:
    if each is None:
        return "—"
    if isinstance(each, bool):
        return "是" if each else "否"
    if isinstance(each, datetime):
        return ago(each)
    if isinstance(each, timedelta):
        return lasting(each)
    return "、".join(map(str, each)) if isinstance(each, list | tuple) else str(each)


def as_plain(each: Any) -> Any:
    """Return what JSON has no word for as it stands in documents."""
    if isinstance(each, datetime):
        return each.isoformat()
    if isinstance(each, timedelta):
        return each.total_seconds()
    return str(each)
