"""Recompute every published figure from the ledger's own history.

    python -m services.statistics.recompute --ledger-history history.jsonl --statistics http://127.0.0.1:18084 \\
        --profile deploy/profiles/jincheng

The history is a file of JSON lines, or the URL of the ledger (`GET /v1/history`). Each record has `hazard_id`,
`version`, `type` and its payload (`data` or `payload`). The profile says whether deadlines on days off are moved; without
one they are not. Keys come from DUBAN_LEDGER_KEY and DUBAN_STATISTICS_KEY.
Prints every difference; exits 0 when there is none, 1 when there is one, 2 when the history itself has a gap, 3 when it could not be
told: something could not be read, or is newer than this tool knows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from services.statistics.recompute.handlers import days_of, differences
from services.statistics.recompute.model import CHINA, BrokenHistory, Days, books_of

_PAGE: Final = 1000
_EXIT_DIFFERENT: Final = 1
_EXIT_BROKEN_HISTORY: Final = 2
_EXIT_UNTOLD: Final = 3


def read_history(source: str, key: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the history's records from a file of JSON lines, or page by page from the ledger at a URL."""
    if not source.startswith(("http://", "https://")):
        with Path(source).open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())
        return
    after: object = 0
    with _client(source, key) as client:
        while after is not None:
            answer = client.get("/v1/history", params={"after": str(after), "limit": str(_PAGE)})
            answer.raise_for_status()
            if "json" in answer.headers["content-type"] and answer.text.lstrip().startswith('{"items"'):
                page = answer.json()
                yield from page["items"]
                after = page.get("next")
            else:
                page = [json.loads(line) for line in answer.text.splitlines() if line.strip()]
                yield from page
                after = page[-1].get("position") if len(page) == _PAGE else None


def _client(url: str, key: str | None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)


def main() -> int:
    """Run the comparison; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="services.statistics.recompute", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--ledger-history", required=True, help="file of JSON lines, or URL of the ledger")
    parser.add_argument("--statistics", required=True, help="URL of the statistics service")
    parser.add_argument("--profile", type=Path, help="the city's profile, whose calendar and roll deadlines go by")
    arguments = parser.parse_args()
    try:
        return _compare(arguments)
    except Exception:  # noqa: BLE001 - Python would end with 1, which says that figures differ
        traceback.print_exc()
        return _EXIT_UNTOLD


def _compare(arguments: argparse.Namespace) -> int:
    days = days_of(arguments.profile) if arguments.profile else Days()
    try:
        history = read_history(arguments.ledger_history, os.environ.get("DUBAN_LEDGER_KEY"))
        books = books_of(history, days, today=datetime.now(CHINA).date())
    except BrokenHistory as error:
        print(f"the history has a gap: {error}")  # noqa: T201 - a command's answer
        return _EXIT_BROKEN_HISTORY
    with _client(arguments.statistics, os.environ.get("DUBAN_STATISTICS_KEY")) as client:

        def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
            answer = client.get(path, params=dict(parameters))
            answer.raise_for_status()
            return dict(answer.json())

        found = differences(books, ask)
    for line in found:
        print(line)  # noqa: T201 - a command's answer
    first, last = books.days
    print(  # noqa: T201 - a command's answer
        f"{len(books.hazards)} hazards, {sum(books.flows.values())} counts, {first} to {last}: "
        f"{'equal' if not found else f'{len(found)} differences'} ({datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ})"
    )
    return _EXIT_DIFFERENT if found else 0


if __name__ == "__main__":
    sys.exit(main())
