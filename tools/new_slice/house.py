"""The tree in which a slice is begun: what is written into it, and where the slice is named in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
Naming = Callable[[str, str, str], str | None]
"""Names a service's slice in a text; None where that doesn't look as expected."""


@dataclass(frozen=True)
class House:
    """A checkout at `root`, and the slice `noun` of `service` that is begun there. Says what it does."""

    root: Path
    service: str
    noun: str
    touched: list[Path] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Where the service stands."""
        return self.root / "services" / self.service

    def write(self, made: Mapping[str, str]) -> None:
        """Write new files, by their paths below the root."""
        for name, text in made.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._put(path, text, f"wrote {name}")

    def name(self, path: Path, place: str, naming: Naming) -> None:
        """Name the slice in a file that is there; where that doesn't look as expected, a person is asked to."""
        made = naming(path.read_text(encoding="utf-8"), self.service, self.noun) if path.exists() else None
        if made is None:
            sys.stdout.write(f"Name `{self.noun}` yourself in {path.name}: {place}.\n")
        else:
            self._put(path, made, f"named it in {path.name}")

    def name_list(self, asked: Naming, rights: Naming, filling: Naming) -> None:
        """Name the slice's list in the test of rights, and in what large databases hold and are asked."""
        # Where they are many they stand in a module of their own.
        tests, million = self.home / "tests", self.root / "tests" / "load" / "million"
        apart = tests / "specimens.py"
        self.name(apart if apart.exists() else tests / "test_rights.py", "its specimens", rights)
        apart = million / "reads" / f"{self.service}.py"
        place = "what is asked of a large database"
        self.name(apart if apart.exists() else million / "reads" / "others.py", place, asked)
        self.name(million / "sql" / f"{self.service}.sql", "rows of it in a large database", filling)

    def tidy(self) -> None:
        """Sort imports and break lines: where they go depends on the names that were filled in."""
        python = [str(path) for path in self.touched if path.suffix == ".py"]
        own = self.root / "pyproject.toml"
        config = str(own if own.exists() else ROOT / "pyproject.toml")
        for command in (["check", "-q", "--select", "I", "--fix"], ["format", "-q"]):
            ruff = [sys.executable, "-m", "ruff", *command, "--config", config, *python]
            subprocess.run(ruff, cwd=self.root, check=True)  # noqa: S603 - our own formatter on our own files

    def _put(self, path: Path, text: str, said: str) -> None:
        path.write_text(text, encoding="utf-8")
        self.touched.append(path)
        sys.stdout.write(f"{said}\n")
