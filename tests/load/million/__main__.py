"""`make bench-reads`: fills databases as of a city with a million hazards and measures every list, search and count.

`--there` uses the servers that the environment names, as tests do: `--fill-only` leaves filled databases there, `--filled` measures
those.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from deploy.local.settings import ROOT
from tests.load import machine, result
from tests.load.million import cost, page
from tests.load.million.fill import fill, until_now
from tests.load.million.reads import READS
from tests.load.rig import Rig, rig


async def _measure(arguments: argparse.Namespace, servers: Rig) -> dict[str, Any]:
    began = datetime.now(UTC)
    document: dict[str, Any] = {
        **result.head(" ".join(["python -m tests.load.million", *sys.argv[1:]])),
        "hazards": arguments.hazards,
        "times": arguments.times,
        "servers": await machine.servers(servers),
        "reads": {},
    }
    await servers.create_topics("reads.")
    for service in arguments.only.split(",") if arguments.only else READS:
        name = f"{arguments.name}_{service}"
        if arguments.filled:
            dsn = urlunsplit(urlsplit(servers.dsn)._replace(path=f"/{name}"))
        else:
            dsn = await servers.create_database(name)
            await fill(service, dsn, until_now(arguments.hazards), say=result.say)
        if not arguments.fill_only:
            document["reads"][service] = await cost.measure(
                servers, service, dsn, prefix="reads.", times=arguments.times, say=result.say
            )
    document["load_average_after"] = [round(load, 2) for load in os.getloadavg()]
    document["took_seconds"] = round((datetime.now(UTC) - began).total_seconds())
    return document


def _servers(arguments: argparse.Namespace, stack: ExitStack) -> Rig:
    """Return private servers, or those that the environment names, as for tests."""
    if not arguments.there:
        return stack.enter_context(rig())
    scratch = ROOT / ".duban" / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    return Rig(os.environ["DUBAN_KAFKA_BOOTSTRAP"], os.environ["DUBAN_POSTGRES_DSN"], scratch)


def main() -> int:
    """Fill, measure, write `reads-<date>.md` and `.json`; say which reads missed their aims."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.million", description=__doc__)
    parser.add_argument("--hazards", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="how often each read is asked")
    parser.add_argument("--only", default="", help="services, by commas")
    parser.add_argument("--name", default="million", help="what the databases' names begin with")
    parser.add_argument(
        "--there", action="store_true", help="on the servers of DUBAN_KAFKA_BOOTSTRAP, DUBAN_POSTGRES_DSN"
    )
    parser.add_argument("--filled", action="store_true", help="with --there: the databases were filled before")
    parser.add_argument(
        "--fill-only", action="store_true", help="with --there: leave filled databases, measure nothing"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        document = asyncio.run(_measure(arguments, _servers(arguments, stack)))
    if arguments.fill_only:
        return 0
    stem: Path = arguments.output / f"reads-{document['measured_at'][:10]}"
    result.put(stem, document, page.render(document))
    rows = [row for each in document["reads"].values() for row in each]
    for row in cost.missed(rows):
        result.say(f"above its aim: {row['read']}: {row['http']}, bare {row['bare']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
