"""What a command prints: for people as it goes, or with `--json` one document at its end.

The document has the command's own tables by name, and always `exit` and `said` (the sentences in their order).
Names and types of what stands in it stay; more may be added. Instants are ISO 8601 with their offset. Nothing else of the
command prints, so that a document is alone on standard output; `EXIT_CODES` says how commands end.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.chassis.process.clock import ZONE

DONE: Final = 0
NO: Final = 1
WRONGLY_CALLED: Final = 2
NEEDS_A_PERSON: Final = 3

EXIT_CODES: Final[Mapping[int, tuple[str, str]]] = {
    DONE: ("done, and nothing needs a person", "已完成，没有需要人处理的"),
    NO: (
        "not done, or the answer is no: refused, unreachable, not the same, no such thing",
        "未完成，或答案为否：被拒绝、连不上、不一致、没有",
    ),
    WRONGLY_CALLED: ("called wrongly, or not told where the platform is", "命令有误，或未告知平台在哪里"),
    NEEDS_A_PERSON: ("answered, and something in it needs a person", "已答复，其中有需要人处理的"),
}
"""How a command ends: the code, what it means in English and in Chinese. The one list; documents and help take theirs from it."""

console: Final = Console()

Act = TypeVar("Act", bound=Callable[..., None])
Json = Annotated[bool, typer.Option("--json", help="输出一份 JSON，供其他程序读取")]

_document: ContextVar[dict[str, Any] | None] = ContextVar("document", default=None)
_GOOD, _BAD = "✓ ", "✗ "
# A first column of no more than this is never broken: keys' ids, consumers, letters.
_ONE_LINE: Final = 40


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


def aside(sentence: str) -> None:
    """Say something beside the answer, on standard error: whoever keeps the answer in a variable has it alone."""
    document = _document.get()
    if document is None:
        typer.echo(sentence, err=True)
    else:
        document["said"].append(sentence)


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
    # What the next command is called with can be marked with a double click.
    table.columns[0].no_wrap = all(len(_in_words(row[next(iter(columns))])) <= _ONE_LINE for row in found)
    for row in found:
        table.add_row(*(escape(_in_words(row[key])) for key in columns))
    console.print(table)


def text(name: str, content: str) -> None:
    """Print what another program reads (a key, a manifest, lines), exactly as it is; a document holds it under `name`."""
    document = _document.get()
    if document is None:
        console.file.write(content)
    else:
        document[name] = document.get(name, "") + content


def progress_of(*columns: ProgressColumn) -> Progress:
    """Return a bar for whoever waits at a screen; a pipe and a document get none."""
    return Progress(*columns, console=console, transient=True, disable=as_json() or not console.is_terminal)


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Show that something of unknown length goes on, and since when."""
    with progress_of(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as progress:
        progress.add_task(words)
        yield


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
