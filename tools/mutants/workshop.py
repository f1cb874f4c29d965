"""A copy of the tree in which mutmut works on one part. The tree itself is only read."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mutmut.configuration import Config
from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name, parse_mutant_key

from tools.mutants.equivalents import Change, change_of
from tools.mutants.parts import Part
from tools.mutants.plain import undecorated
from tools.mutants.plugin import AT_IMPORT

# mutmut names modules by their path and knows `src/` alone as a root that is no package.
_CONTRACTS: Final = "contracts/src"
_SOURCE: Final = "src"
_SOURCES: Final = ("services", _SOURCE)
_PLUGIN: Final = "tools.mutants.plugin"
# Seconds for a mutant: (seconds of its tests + 1) times this.
_PATIENCE: Final = 5.0
# Seconds for a mutant that has an interpreter of its own and all tests of its part.
_PATIENCE_AT_IMPORT: Final = 120.0
# How pytest or a limit ended a mutant's process; mutmut's own 33: no test comes past the function. All else kills.
_STATUS: Final[dict[int | None, str]] = {
    None: "not judged",
    0: "survived",
    5: "no tests",
    33: "no tests",
    -24: "timeout",
    255: "timeout",
    -9: "timeout",
}
# The words of an exception for programmers are prose.
_PROSE: Final = r"raise (ValueError|KeyError|TypeError|RuntimeError)\("


class CannotJudge(Exception):
    """The tests of a part don't pass without any mutant, or mutmut gave up. The message is the end of its output."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant. `status`: killed, timeout, survived, no tests, or not judged."""

    mutant: str
    file: str
    function: str
    status: str

    @property
    def lives(self) -> bool:
        """Whether no test noticed the mutant."""
        return self.status not in ("killed", "timeout")


@dataclass(frozen=True, slots=True)
class Workshop:
    """The copy at `place` in which `part` is mutated."""

    part: Part
    place: Path

    def mutants(self) -> dict[str, list[str]]:
        """Return the names of all mutants of the part, by the file that they change (a path in the repository)."""
        found = {}
        # mutmut reads its settings from the working directory, and remembers them.
        with contextlib.chdir(self.place):
            Config.reset()
            for file in self.part.modules:
                path = Path(_inside(file))
                made = mutate_file_contents(str(path), path.read_text(encoding="utf-8")).mutant_names
                found[file] = [get_mutant_name(path, name) for name in made]
        return found

    def judge(self, mutants: dict[str, list[str]]) -> list[Verdict]:
        """Run the tests against each of `mutants` (names by file), one after the other. Raises CannotJudge."""
        names = [name for names in mutants.values() for name in names]
        if not names:
            return []
        command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1", *names]
        run = subprocess.run(command, cwd=self.place, capture_output=True, text=True, check=False)  # noqa: S603
        if run.returncode:
            lines = (run.stdout + run.stderr).replace("\r", "\n").splitlines()
            raise CannotJudge(f"{self.part.name}: {self.place}\n" + "\n".join(lines[-40:]))
        return [verdict for file, some in mutants.items() for verdict in self._verdicts(file, some)]

    def _verdicts(self, file: str, names: list[str]) -> Iterator[Verdict]:
        at_import = (self.place / AT_IMPORT).read_text(encoding="utf-8").splitlines()
        data = SourceFileMutationData(path=self._mutated(file))
        data.load()
        for name in names:
            status = _STATUS.get(data.exit_code_by_key[name], "killed")
            if status == "survived" and _key(name) in at_import:
                status = self._judged_apart(name)
            yield Verdict(name, file, _function(name), status)

    def _judged_apart(self, mutant: str) -> str:
        """Return what becomes of a mutant in an interpreter that imports it anew; mutmut's forks came after that."""
        mutated = self.place / "mutants"
        paths = os.pathsep.join([str(mutated), str(mutated / _SOURCE)])
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--rootdir=.", *_options(0), *_selection(self.part)]
        try:
            run = subprocess.run(  # noqa: S603 - pytest, in the copy
                command,
                cwd=mutated,
                env=os.environ | {"PYTHONPATH": paths, "MUTANT_UNDER_TEST": mutant},
                capture_output=True,
                timeout=_PATIENCE_AT_IMPORT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "timeout"
        return "killed" if run.returncode else "survived"

    def diff(self, verdict: Verdict) -> str:
        """Return the mutant as a unified diff of its function."""
        name = verdict.mutant.rpartition(".")[2]
        original = _key(name) + "__mutmut_orig"
        spans = MutantLineSpans.load(self._mutated(verdict.file))
        if spans is None:
            raise CannotJudge(f"{verdict.file}: mutmut has left no index of its mutants")
        was, becomes = spans.read_function_sources([original, name])
        becomes = becomes.replace(name, original)
        return "\n".join(difflib.unified_diff(was.splitlines(), becomes.splitlines(), lineterm=""))

    def change(self, verdict: Verdict) -> Change:
        """Return what the mutant changes, as equivalents are declared."""
        return change_of(verdict.file, verdict.function, self.diff(verdict))

    def _mutated(self, file: str) -> Path:
        """Return where mutmut has put its version of a file; absolute, so that mutmut finds it from anywhere."""
        return self.place / "mutants" / _inside(file)


def open_workshop(root: Path, place: Path, part: Part, seed: int) -> Workshop:
    """Copy the tree at `root` (what git knows or would add) to `place` and make it ready for mutmut."""
    shutil.rmtree(place, ignore_errors=True)
    for name in _files(root):
        target = place / _inside(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
    for file in part.modules:
        path = place / _inside(file)
        path.write_text(undecorated(path.read_text(encoding="utf-8")), encoding="utf-8")
    with (place / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(_settings(place, part, seed))
    return Workshop(part, place)


def _files(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git of this tree
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def _inside(file: str) -> str:
    """Return where a file of the repository stands in a workshop."""
    return _SOURCE + file.removeprefix(_CONTRACTS) if file.startswith(f"{_CONTRACTS}/") else file


def _settings(place: Path, part: Part, seed: int) -> str:
    settings = {
        "source_paths": list(_SOURCES),
        "only_mutate": [_inside(file) for file in part.modules],
        "also_copy": sorted(path.name for path in place.iterdir() if path.name not in _SOURCES),
        "pytest_add_cli_args": _options(seed),
        "pytest_add_cli_args_test_selection": _selection(part),
        "do_not_mutate_patterns": [_PROSE],
        "timeout_multiplier": _PATIENCE,
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    # JSON's texts, lists, numbers and booleans are TOML's as well.
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    return "\n[tool.mutmut]\n" + "".join(lines)


def _options(seed: int) -> list[str]:
    return [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        "-p",
        "no:xdist",
        "-p",
        _PLUGIN,
        f"--hypothesis-seed={seed}",
    ]


def _selection(part: Part) -> list[str]:
    return ["-m", "pure", *part.tests]


def _key(mutant: str) -> str:
    """Return mutmut's name of the function that a mutant changes."""
    return mutant.partition("__mutmut_")[0]


def _function(mutant: str) -> str:
    function, owner = parse_mutant_key(_key(mutant).rpartition(".")[2])
    return f"{owner}.{function}" if owner else function
