"""`make bench-burst`: 10 → 150 → 10 → 250 → 20 → 350 → 100 lifecycles/s, and after it nothing may be lost.

`--soak 20m` plays one rate for so long instead, and says how each service's memory grows. `--check` is the short form that
every change passes: small lanes, so that callers are turned away for certain. It fails for what was lost or went wrong, never
for how long anything took.
"""

from __future__ import annotations

import argparse
import re
import resource
import sys
from pathlib import Path
from typing import Final

import uvloop

from deploy.local.settings import ROOT
from tests.load import result
from tests.load.burst import page, plan
from tests.load.burst.run import Extent, burst

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


def _seconds(text: str) -> float:
    """Return `20m` in seconds; raises ArgumentTypeError."""
    if (match := re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} reads like none of 90, 90s, 20m, 1h")
    return float(match[1]) * _UNITS[match[2] or "s"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.burst", description=__doc__)
    parser.add_argument("--check", action="store_true", help="the short form, under a minute; writes to .duban/bench")
    parser.add_argument("--hazards", type=int, default=0, help="how many the ledger holds before, such as 1000000")
    parser.add_argument("--factor", type=float, default=1.0, help="of the rates")
    parser.add_argument("--seconds-up", type=_seconds, default=30.0, help="how long each burst lasts")
    parser.add_argument("--seconds-down", type=_seconds, default=120.0, help="how long each phase between lasts")
    parser.add_argument("--callers", type=int, default=2000, help="how many lifecycles are led at once")
    parser.add_argument("--seats", type=int, default=0, help="of each lane of each service (DUBAN_MOST_REQUESTS)")
    parser.add_argument(
        "--patience", type=_seconds, default=1800.0, help="how long the last lifecycles may take to end"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--soak", type=_seconds, default=0.0, help="so long, such as 20m, at one rate")
    parser.add_argument("--rate", type=float, default=10.0, help="with --soak: lifecycles a second")
    parser.add_argument("--output", type=Path, default=None, help="directory of the result files")
    return parser.parse_args()


def _extent(arguments: argparse.Namespace) -> Extent:
    if arguments.check:
        small = plan.phases(factor=0.06, seconds_up=2, seconds_down=2, at_once=True)
        return Extent(small, callers=200, seats=6, patience=600, seed=arguments.seed)
    if arguments.soak:
        played = [plan.Phase(arguments.rate, arguments.soak, is_burst=False)]
    else:
        played = plan.phases(
            factor=arguments.factor, seconds_up=arguments.seconds_up, seconds_down=arguments.seconds_down
        )
    return Extent(played, arguments.hazards, arguments.callers, arguments.seats, arguments.patience, arguments.seed)


def main() -> int:
    """Play, write `burst-<date>.json` and `.md` (`soak-<date>`), print the page; 1 when something was lost or went wrong."""
    arguments = _arguments()
    kind = "soak" if arguments.soak else "burst"
    # Each caller holds a socket, and the services inherit the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    command, wanted = " ".join(["python -m tests.load.burst", *sys.argv[1:]]), _extent(arguments)
    playing = result.of_private_servers(command, "burst", lambda servers: burst(servers, wanted, say=result.say))
    document = uvloop.run(playing) | {"kind": kind}
    directory: Path = arguments.output or ROOT / (".duban/bench" if arguments.check else "docs/benchmarks")
    stem = directory / f"{kind}-{document['measured_at'][:10]}"
    text = page.render(document)
    result.put(stem, document, text)
    print(text)  # noqa: T201 - the command's output
    wrong = page.verdict(document["burst"])
    for line in wrong[:20]:
        result.say(f"✗ {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
