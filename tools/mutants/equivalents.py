"""Mutants that no test could notice, declared one by one with the reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent / "equivalents.toml"


@dataclass(frozen=True, slots=True)
class Change:
    """What a mutant changes: in which function of which file (a path below the repository), from what to what.

    `was` and `becomes` are the changed lines without their indentation.
    """

    file: str
    function: str
    was: str
    becomes: str


def read(text: str) -> dict[Change, str]:
    """Return the declared changes and their reasons. Raises ValueError when one lacks a reason or is there twice."""
    found: dict[Change, str] = {}
    for entry in tomllib.loads(text).get("equivalent", []):
        change, reason = _entry(**entry)
        if not reason.strip():
            raise ValueError(f"{change.file} {change.function}: an equivalent mutant needs its reason")
        if change in found:
            raise ValueError(f"{change.file} {change.function}: declared twice")
        found[change] = reason
    return found


def _entry(reason: str = "", **change: Any) -> tuple[Change, str]:
    return Change(**change), reason


def change_of(file: str, function: str, diff: str) -> Change:
    """Return what a unified diff of one function changes."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    return Change(file, function, _side(lines, "-"), _side(lines, "+"))


def _side(lines: Iterable[str], sign: str) -> str:
    return "\n".join(line[1:].strip() for line in lines if line.startswith(sign))
