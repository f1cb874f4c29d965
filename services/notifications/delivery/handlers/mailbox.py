"""The mailbox that reports about letters come to: a Maildir, which any mail server fills and any mail program reads."""

from __future__ import annotations

import mailbox
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.chassis.process.secret_files import Environment

_log = structlog.get_logger(__name__)

# What a report says stands in its first lines; after them it may quote a whole letter.
LONGEST: Final = 1024 * 1024
_AT_ONCE: Final = 200


class ReportSettings(Environment):
    """Where reports about letters come to."""

    model_config = SettingsConfigDict(env_prefix="DUBAN_BOUNCE_", frozen=True)

    maildir: Path | None = Field(
        default=None,
        description="the Maildir to which mail servers' reports about undelivered letters come; unset: none is taken",
    )


def beginning(stream: BinaryIO) -> bytes:
    """Read a stream to its end, so that its writer can finish, and return as much as is looked at."""
    kept = stream.read(LONGEST)
    while stream.read(LONGEST):
        pass
    return kept


def put(maildir: Path, raw: bytes) -> None:
    """Put a mail into the mailbox, on disk before this returns. Raises OSError."""
    # An empty folder, such as a volume, is no mailbox yet, and the library would take it for one.
    for name in ("tmp", "new", "cur"):
        (maildir / name).mkdir(parents=True, exist_ok=True)
    mailbox.Maildir(maildir).add(raw)


def waiting(maildir: Path) -> list[Path]:
    """Return new mails, oldest first, a bounded number of them; none when there is no such mailbox yet."""
    new = maildir / "new"
    return sorted(new.iterdir(), key=lambda path: path.name)[:_AT_ONCE] if new.is_dir() else []


def read(path: Path) -> bytes | None:
    """Return the beginning of a mail, or None for one that is gone or can't be read now."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST)
    except OSError as error:
        _log.warning("mail can't be read", file=path.name, error=type(error).__name__)
        return None


def file_away(path: Path, *, flagged: bool) -> None:
    """Move a mail to those that were seen; `flagged` shows it to people. One that stays is taken again, to no effect."""
    seen = path.parent.parent / "cur"
    try:
        seen.mkdir(exist_ok=True)
        path.rename(seen / f"{path.name}:2,{'F' if flagged else ''}S")
    except OSError as error:
        _log.warning("mail can't be filed away", file=path.name, error=type(error).__name__)
