"""A storm over a whole city: `python -m tests.chaos.storm --seed N --seconds S`.

A platform of its own (own directory, own ports) plays the demo's city while services, Kafka and PostgreSQL are killed
and frozen as the seed has it. Then the faults stop, and the audit of `make demo` must hold, line for line.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.demo.__main__ import CLOCK_ORIGIN, CLOCK_RATE
from deploy.demo.audit.case import Line
from deploy.demo.play import Script, perform, report
from deploy.local import platform, ports
from deploy.local.settings import Settings, load
from deploy.local.trouble import Trouble
from tests.chaos.faults import Hand, schedule
from tests.chaos.hostile.audit import checks
from tests.chaos.hostile.campaign import HOSTILE, Campaign

_HAZARDS_A_SECOND: Final = 4
_SETTLE_SECONDS: Final = 90
# An e-mail that a kill cut off between sending and noting becomes visibly `uncertain` after its lease of 60 s.
_PATIENCE_SECONDS: Final = 90
# Below the ports that the kernel hands out to clients, and far enough apart for a platform each.
# Below the platform's own 18,000, and those that tests are given (`deploy.local.ephemeral`).
_PORT_BASES: Final = range(6_000, 17_000, 1_200)


def main() -> int:
    """Return 0 when the audit holds after the storm."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--brokers", choices=("1", "3"), default="1")
    parser.add_argument("--hostile", action="store_true", help="two hostile counties beside the honest ones")
    parser.add_argument("--keep", action="store_true", help="leave the data for a look, also after success")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        settings = settings_in(_home(), arguments.brokers)
    except Trouble as trouble:
        console.print(f"✗ {trouble}", markup=False)
        return 1
    try:
        play = hostility if arguments.hostile else weather
        passed = play(settings, console, seed=arguments.seed, seconds=arguments.seconds)
    except Trouble as trouble:
        console.print(f"✗ {trouble}", markup=False)
        passed = False
    finally:
        platform.down(settings, lambda _line: None)
    if passed and not arguments.keep:
        platform.reset(settings, lambda _line: None)
        shutil.rmtree(settings.home, ignore_errors=True)
    else:
        console.print(f"logs and data: {settings.home}", markup=False)
    hostile = " HOSTILE=1" if arguments.hostile else ""
    again = f"make chaos SEED={arguments.seed} SECONDS={arguments.seconds:g}{hostile}"
    console.print(f"{'storm weathered' if passed else 'storm NOT weathered'}; the same again: {again}", markup=False)
    return 0 if passed else 1


def _home() -> Path:
    """Return an empty directory: DUBAN_HOME when it is named and holds nothing, else a temporary one."""
    if not (asked := os.environ.get("DUBAN_HOME")):
        home = Path(tempfile.mkdtemp(prefix="duban-storm-"))
        home.chmod(0o755)  # below root, PostgreSQL runs as another account; what is secret inside is 0600
        return home
    if any((Path(asked) / name).exists() for name in ("kafka", "postgres", "credentials")):
        raise Trouble(f"{asked} holds a platform already.", "A storm wants an empty place; name another DUBAN_HOME.")
    return Path(asked).absolute()


def settings_in(home: Path, brokers: str, **more: str) -> Settings:
    """Return the settings of a platform of our own, whatever this shell's environment points at. Raises `Trouble`."""
    asked = os.environ.get("DUBAN_PORT_BASE")
    environment = {
        "DUBAN_HOME": str(home),
        "DUBAN_CACHE": os.environ.get("DUBAN_CACHE", ""),
        "DUBAN_CLOCK_RATE": str(CLOCK_RATE),
        "DUBAN_CLOCK_ORIGIN": CLOCK_ORIGIN,
        "BROKERS": brokers,
        **more,
    }
    if asked:
        return load({**environment, "DUBAN_PORT_BASE": asked})
    return ports.first_free(load({**environment, "DUBAN_PORT_BASE": str(base)}) for base in _PORT_BASES)


def weather(settings: Settings, console: Console, *, seed: int, seconds: float) -> bool:
    """Start the platform, play while the storm rages, audit; return whether the audit holds. Raises `Trouble`."""
    hand = _hand(settings, console, seed, seconds)
    script = Script(seed, seconds, int(seconds * _HAZARDS_A_SECOND), _SETTLE_SECONDS, _PATIENCE_SECONDS)
    lines = asyncio.run(perform(settings, console, script, hand.strike))
    return _told(settings, console, lines)


def hostility(settings: Settings, console: Console, *, seed: int, seconds: float) -> bool:
    """The same with hostile counties: `seconds` of calm, of hostility, of hostility in the storm. Raises `Trouble`."""
    hand = _hand(settings, console, seed, seconds)
    campaign = Campaign(settings, seed=seed, seconds=seconds, hand=hand, say=partial(_say, console))
    length = Campaign.lasts(seconds)
    script = Script(seed, length, int(length * _HAZARDS_A_SECOND), _SETTLE_SECONDS, _PATIENCE_SECONDS, HOSTILE)
    lines = asyncio.run(perform(settings, console, script, campaign.disturb, checks(campaign)))
    for name, count in sorted(campaign.kafka.book.done.items()):
        _say(console, f"{count:6d}  {name}")
    return _told(settings, console, lines)


def _hand(settings: Settings, console: Console, seed: int, seconds: float) -> Hand:
    """Say which faults there will be, start the platform, and return what will carry them out. Raises `Trouble`."""
    say = partial(_say, console)
    brokers = [settings.kafka_process(number + 1) for number in range(settings.brokers)]
    faults = schedule(seed, seconds, services=settings.services, brokers=brokers)
    console.rule(f"SEED={seed}: {len(faults)} faults in {seconds:g} s")
    for fault in faults:
        say(str(fault))
    platform.up(settings, say)
    return Hand(settings, faults, say)


def _told(settings: Settings, console: Console, lines: Sequence[Line]) -> bool:
    for name, count in sorted(ended_by_themselves(settings).items()):
        _say(console, f"{name} ended by itself {count} times and was restarted; its log says why")
    return report(console, lines)


def _say(console: Console, line: str) -> None:
    console.print(f"  {line}", markup=False)


def ended_by_themselves(settings: Settings) -> Counter[str]:
    """Return how often each process ended without having been killed: healed by a restart, but worth a look."""
    log = (settings.logs / "supervisord.log").read_text(encoding="utf-8")
    return Counter(re.findall(r"exited: (\S+) \(exit status", log))


if __name__ == "__main__":
    sys.exit(main())
