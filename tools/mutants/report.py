"""What a run says: the diff of each survivor, a line for each module, and the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutants.equivalents import Change
from tools.mutants.workshop import Verdict


@dataclass(slots=True)
class Tally:
    """How mutants fared. Those declared equivalent live by right and count nowhere else."""

    killed: int = 0
    timeout: int = 0
    survived: int = 0
    equivalent: int = 0

    @property
    def share(self) -> float:
        """Return the share of mutants that were noticed, 0 to 1; one that never ends is noticed."""
        noticed = self.killed + self.timeout
        return noticed / (noticed + self.survived) if noticed + self.survived else 1.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.killed + other.killed,
            self.timeout + other.timeout,
            self.survived + other.survived,
            self.equivalent + other.equivalent,
        )

    def __str__(self) -> str:
        return f"{self.killed:6}  {self.timeout:7}  {self.survived:8}  {self.equivalent:10}  {self.share:7.1%}"


@dataclass(slots=True)
class Report:
    """Everything that a run found. `stale` are declared equivalents whose lines are gone."""

    stale: list[Change] = field(default_factory=list)
    modules: dict[str, Tally] = field(default_factory=dict)
    survivors: list[tuple[Verdict, str]] = field(default_factory=list)
    wrongly_declared: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict, diff: str, *, is_declared: bool) -> None:
        """Enter one mutant; `diff` is shown when it survived."""
        tally = Tally()
        if is_declared and verdict.status != "killed":
            # Beside a busy machine the tests of one that changes nothing may outlast their time.
            tally = Tally(equivalent=1)
        elif not verdict.lives:
            tally = Tally(timeout=1) if verdict.status == "timeout" else Tally(killed=1)
            if is_declared:
                self.wrongly_declared.append(verdict)
        else:
            tally = Tally(survived=1)
            self.survivors.append((verdict, diff))
        self.modules[verdict.file] = self.modules.get(verdict.file, Tally()) + tally

    @property
    def whole(self) -> Tally:
        """Return the tally over all modules."""
        return sum(self.modules.values(), Tally())

    def passes(self, least: float) -> bool:
        """Return whether at least the share `least` was noticed and every declared equivalent is one."""
        return self.whole.share >= least and not self.wrongly_declared and not self.stale

    def lines(self, least: float) -> Iterator[str]:
        """Yield the report, line by line."""
        for verdict, diff in self.survivors:
            yield f"── {verdict.file} {verdict.function}: {verdict.status} ({verdict.mutant})"
            yield from diff.splitlines()[2:]
        for verdict in self.wrongly_declared:
            yield f"✗ declared as equivalent, but a test kills it: {verdict.mutant}"
        for change in self.stale:
            yield f"✗ declared as equivalent, but no such line stands there: {change}"
        width = max(map(len, self.modules), default=0)
        yield f"{'':{width}}  killed  timeout  survived  equivalent  noticed"
        for name, tally in [*sorted(self.modules.items()), ("all", self.whole)]:
            yield f"{name:{width}}  {tally}"
        sign = "✓" if self.passes(least) else "✗"
        yield f"{sign} {self.whole.share:.1%} of the mutants were noticed, {least:.0%} have to be"


def stale(root: Path, declared: Mapping[Change, str]) -> list[Change]:
    """Return the declared changes whose lines stand in their file no more."""
    return [change for change in declared if not _stands(root / change.file, change.was)]


def _stands(path: Path, was: str) -> bool:
    if not path.is_file():
        return False
    lines = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
    return lines.issuperset(was.splitlines())
