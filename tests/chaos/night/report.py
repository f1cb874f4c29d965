"""The result as a page: what was done, on which machine, row by row."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from tests.chaos.night.calm import Calm
from tests.chaos.night.desk import Desk
from tests.chaos.night.row import Found, names
from tests.chaos.night.watch import SHORT_SECONDS
from tests.deploy.runbooks import Command
from tests.load.base import commit_of

_HEAD: Final = (
    "| row | fault | fires after, s | restart | clears after, s | pages, and of what | fires beside | as declared |"
)


def line(found: Found) -> str:
    """Return one row in one line."""
    if found.wrong:
        return f"✗ {'; '.join(found.wrong)}"
    return f"✓ fires after {_fired(found)}, clears after {_seconds(found.cleared)}, pages {_pages(found)}"


def of_rows(found: Sequence[Found], arguments: argparse.Namespace, began: datetime, desk: Desk) -> str:
    """Return the page of a night."""
    told = [
        f"# A night of faults, {began:%Y-%m-%d %H:%M} UTC",
        "",
        _how(arguments),
        "",
        (
            f"{sum(each.holds for each in found)} of {len(found)} rows as declared. The desk took {len(desk.calls)} calls and "
            f"{len(desk.mails())} mails, refused {desk.refused} without its credentials; the dead man's switch arrived "
            f"{desk.watched} times outside. A page is a group of alerts that calls somebody for something critical."
        ),
        "",
        _HEAD,
        "|" + "---|" * (_HEAD.count("|") - 1),
        *(_table_row(each) for each in found),
    ]
    return "\n".join(told) + "\n"


def of_calm(calm: Calm, arguments: argparse.Namespace, began: datetime) -> str:
    """Return the page of a calm time."""
    told = [
        f"# A calm time, {began:%Y-%m-%d %H:%M} UTC",
        "",
        _how(arguments),
        "",
        (
            f"{calm.seconds / 60:.0f} minutes, {calm.topics} topics of counties, {calm.taken} events: "
            f"{len(calm.pages)} pages, {len(calm.fired)} alerts{': ' if calm.fired else ''}{', '.join(calm.fired)}. "
            f"The dead man's switch arrived {calm.watched} times: the line was alive."
        ),
    ]
    return "\n".join(told) + "\n"


def of_runbooks(done: Sequence[tuple[Command, str]], arguments: argparse.Namespace, began: datetime) -> str:
    """Return the page of the runbooks' commands."""
    told = [
        f"# The runbooks' commands, {began:%Y-%m-%d %H:%M} UTC",
        "",
        _how(arguments),
        "",
        f"{sum(not wrong for _, wrong in done)} of {len(done)} carried out.",
        "",
        "| page | command | carried out |",
        "|---|---|---|",
        *(
            f"| {command.page} | {_cell(command.text)} | {_cell(wrong) if wrong else 'yes'} |"
            for command, wrong in done
        ),
    ]
    return "\n".join(told) + "\n"


def write(directory: Path, kind: str, began: datetime, text: str) -> None:
    """Write the page under its date and hour; an earlier state of the same run is replaced."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{kind}-{began:%Y-%m-%d-%H%M}.md").write_text(text, encoding="utf-8")


def _cell(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`"


def _how(arguments: argparse.Namespace) -> str:
    times = (
        "the committed rules in their own time, a scrape every 15 s"
        if arguments.faster == 1
        else f"the committed rules in the short form: pauses and ranges above a minute (to a minute at least) and the ages of a letter "
        f"that waits and of an audit (to three minutes) divided by {arguments.faster}, a scrape every {SHORT_SECONDS} s; each row begins with a Prometheus and an "
        "Alertmanager that forgot what only kept firing, and ends when the cause is gone, `keep_firing_for` is not waited for but in "
        "postgres-away. Rows with a plus between were broken at once. What a restart of more than a minute gives on a busy machine "
        "(a service that is rightly missed) is not counted as the row's page, nor is what any restart uses up of a budget whose "
        "windows are short"
    )
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"`python -m tests.chaos.night` at {commit_of('HEAD')} on {os.cpu_count()} cores, {memory:.0f} GB (load {load} at "
        f"{datetime.now(UTC):%H:%M}): two processes of each service, {arguments.brokers} broker(s), "
        f"{arguments.counties} counties, an event every {arguments.pause:g} s, a day in a minute; a real Prometheus and a "
        f"real Alertmanager with {times}."
    )


def _table_row(found: Found) -> str:
    verdict = "yes" if found.holds else "**no**: " + "; ".join(found.wrong)
    restart = f"{', '.join(found.row.restart)} ({found.restart_seconds:.0f} s)" if found.restarted else "–"
    cells = (
        found.row.name,
        found.row.told,
        _fired(found),
        restart,
        _seconds(found.cleared),
        _pages(found),
        ", ".join(found.also) or "–",
        verdict,
    )
    return "| " + " | ".join(cells) + " |"


def _fired(found: Found) -> str:
    return ", ".join(f"{name} {seconds:.0f}" for name, seconds in found.fired.items()) or "–"


def _pages(found: Found) -> str:
    groups = len({call.group for call in found.pages})
    return f"{groups}: {', '.join(names(found.pages))}" if groups else "0"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f}"
