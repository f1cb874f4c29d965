"""What is found in a file that somebody loads: cell by cell, which rule, and the value that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from duban_contracts.legible import legible

T = TypeVar("T")


class Weight(StrEnum):
    """Whether a finding refuses the file or only has to be looked at."""

    ERROR = "error"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing about one cell: where it is (a JSON path, or a cell such as C7), which rule, and the value found there."""

    weight: Weight
    cell: str
    code: str
    rule: str
    value: str | None = None


@dataclass(slots=True)
class Findings:
    """Everything that was found about a file. With an error nothing of it is loaded."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that refuse the file."""
        return [each for each in self.findings if each.weight is Weight.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that have to be looked at."""
        return [each for each in self.findings if each.weight is Weight.WARNING]

    def error(self, cell: str, code: str, rule: str, value: object = None) -> None:
        """Note a fault that refuses the file."""
        self._note(Weight.ERROR, cell, code, rule, value)

    def warn(self, cell: str, code: str, rule: str, value: object = None) -> None:
        """Note a doubt."""
        self._note(Weight.WARNING, cell, code, rule, value)

    def convert(self, raw: Any, shape: type[T], cell: str) -> T | None:
        """Return `raw` as a `shape`; None, with the fault noted, when it is none."""
        try:
            return msgspec.convert(raw, shape)
        except msgspec.ValidationError as error:
            rule, _, path = str(error).partition(" - at `$")
            inner = path.rstrip("`")
            self.error(f"{cell}{inner}", "wrong-cell", rule, _at(raw, inner))
            return None

    def _note(self, weight: Weight, cell: str, code: str, rule: str, value: object) -> None:
        shown = None if value is None else legible(str(value))
        self.findings.append(Finding(weight=weight, cell=cell, code=code, rule=rule, value=shown))


def _at(raw: Any, path: str) -> object:
    """Return what stands at the first name of a path such as `.window.start`; None when nothing does."""
    name = path.lstrip(".").partition(".")[0].partition("[")[0]
    return raw.get(name) if isinstance(raw, Mapping) else raw
