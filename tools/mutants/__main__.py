"""`make mutants`: change the rules of the pure tier on purpose, and say which changes no test noticed."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tools.mutants import equivalents
from tools.mutants.equivalents import Change
from tools.mutants.parts import Part, parts
from tools.mutants.report import Report, stale
from tools.mutants.sample import deal
from tools.mutants.workshop import CannotJudge, Verdict, Workshop, open_workshop

ROOT: Final = Path(__file__).resolve().parents[2]
_LEAST: Final = 0.95


def main(arguments: list[str] | None = None) -> int:
    chosen = _arguments(arguments, parts(ROOT))
    os.nice(10)
    began = time.monotonic()
    with contextlib.ExitStack() as reserved:
        shops = [reserved.enter_context(_workshop(part, chosen.seed)) for part in chosen.parts]
        made = [(shop, shop.mutants()) for shop in shops]
        everything = {file: names for _, files in made for file, names in files.items()}
        dealt = deal(everything, chosen.number, chosen.seed)
        _say(f"{_count(dealt)} of {_count(everything)} mutants, SEED={chosen.seed}")
        samples = [(shop, {file: dealt[file] for file in files}) for shop, files in made]
        with ThreadPoolExecutor(chosen.jobs) as pool:
            judged = list(pool.map(_judge, samples))
        verdicts = [(shop, found) for (shop, _), found in zip(samples, judged, strict=True) if isinstance(found, list)]
        report = _report(verdicts, equivalents.read(equivalents.HERE.read_text(encoding="utf-8")))
    troubles = [f"✗ not judged: {found}" for found in judged if isinstance(found, CannotJudge)]
    for line in (*report.lines(_LEAST), *troubles):
        _say(line)
    _say(f"{time.monotonic() - began:.0f} s; SEED={chosen.seed} repeats this sample")
    return 0 if report.passes(_LEAST) and not troubles else 1


@contextlib.contextmanager
def _workshop(part: Part, seed: int) -> Iterator[Workshop]:
    """Open the part's workshop for one run alone; a second run that wants it ends with a sentence."""
    home = ROOT / ".duban" / "mutants"
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{part.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"✗ another run is judging {part.name}: wait for it, or name other parts")
        yield open_workshop(ROOT, home / part.name, part, seed)


def _arguments(arguments: list[str] | None, known: list[Part]) -> argparse.Namespace:
    names = [part.name for part in known]
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(names)}; none = all of them")
    parser.add_argument("--number", type=int, default=1000, help="mutants in the sample")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="repeats a sample")  # noqa: S311
    parser.add_argument("--jobs", type=int, default=2, help="parts judged at the same time")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(names):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen.parts = [part for part in known if part.name in chosen.parts or not chosen.parts]
    return chosen


def _judge(sample: tuple[Workshop, dict[str, list[str]]]) -> list[Verdict] | CannotJudge:
    """Judge one part; return what stood in the way where something did, so that the other parts have their say."""
    shop, mutants = sample
    try:
        return shop.judge(mutants)
    except CannotJudge as trouble:
        return trouble


def _report(judged: list[tuple[Workshop, list[Verdict]]], declared: Mapping[Change, str]) -> Report:
    report = Report(stale=stale(ROOT, declared))
    delicate = {(change.file, change.function) for change in declared}
    for shop, verdicts in judged:
        for verdict in verdicts:
            is_declared = (verdict.file, verdict.function) in delicate and shop.change(verdict) in declared
            report.add(verdict, shop.diff(verdict) if verdict.lives else "", is_declared=is_declared)
    return report


def _count(mutants: Mapping[str, list[str]]) -> int:
    return sum(map(len, mutants.values()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
