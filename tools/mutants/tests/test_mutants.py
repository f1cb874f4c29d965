"""The house's frame around mutmut: which modules, which sample, what is forgiven, and what a run says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.mutants import equivalents
from tools.mutants.equivalents import Change, change_of, read
from tools.mutants.parts import Part, is_pure, parts
from tools.mutants.plain import undecorated
from tools.mutants.report import Report, Tally, stale
from tools.mutants.sample import deal
from tools.mutants.workshop import Verdict, open_workshop

ROOT = Path(__file__).resolve().parents[3]


def test_the_pure_tier_is_found_without_being_listed() -> None:
    found = {part.name: part for part in parts(ROOT)}
    assert {"contracts", "access", "gateway", "ledger", "scheduler", "notifications", "statistics"} <= set(found)
    assert "services/ledger/hazards/moves/close.py" in found["ledger"].modules
    assert all((ROOT / module).is_file() for part in found.values() for module in part.modules)
    assert all((ROOT / folder).is_dir() for part in found.values() for folder in part.tests)


@pytest.mark.parametrize(
    ("text", "pure"),
    [
        ("from datetime import date\nfrom duban_contracts.days import Zone\n", True),
        ("import asyncpg\n", False),
        ("from services.chassis.storage.database import Database\n", False),
        ("from services.ledger.hazards import tables\n", False),
        ("def f():\n    from services.ledger.hazards.tables import read\n", False),
    ],
)
def test_a_module_that_decides_and_nothing_else_is_pure(text: str, *, pure: bool) -> None:
    assert is_pure(text, frozenset({"asyncpg", "services.chassis"})) is pure


MADE = {"a.py": [f"a{number}" for number in range(50)], "b.py": ["b0", "b1"], "c.py": []}


def test_every_module_has_its_turn_in_a_sample() -> None:
    dealt = deal(MADE, 8, seed=1)
    assert {module: len(mutants) for module, mutants in dealt.items()} == {"a.py": 6, "b.py": 2, "c.py": 0}
    assert all(set(mutants) <= set(MADE[module]) for module, mutants in dealt.items())


def test_a_sample_that_asks_for_more_than_there_is_has_all() -> None:
    dealt = deal(MADE, 1000, seed=1)
    assert {module: sorted(mutants) for module, mutants in dealt.items()} == {m: sorted(n) for m, n in MADE.items()}


def test_a_seed_repeats_a_sample_and_another_seed_draws_another() -> None:
    assert deal(MADE, 8, seed=1) == deal(MADE, 8, seed=1)
    assert deal(MADE, 8, seed=1) != deal(MADE, 8, seed=2)


DIFF = "--- \n+++ \n@@ -1,3 +1,3 @@\n def f(a):\n-    return a <= 1\n+    return a < 1\n"
CHANGE = Change("a.py", "f", "return a <= 1", "return a < 1")


def test_a_diff_tells_what_a_mutant_changes() -> None:
    assert change_of("a.py", "f", DIFF) == CHANGE


ENTRY = '[[equivalent]]\nfile = "a.py"\nfunction = "f"\nwas = "return a <= 1"\nbecomes = "return a < 1"\n'


def test_an_equivalent_mutant_is_declared_once_and_with_its_reason() -> None:
    assert read(f'{ENTRY}reason = "a is never 1"\n') == {CHANGE: "a is never 1"}
    with pytest.raises(ValueError, match="needs its reason"):
        read(ENTRY)
    with pytest.raises(ValueError, match="declared twice"):
        read(2 * f'{ENTRY}reason = "a is never 1"\n')


def test_the_declared_equivalents_stand_in_the_tree() -> None:
    declared = read(equivalents.HERE.read_text(encoding="utf-8"))
    assert not stale(ROOT, declared)


def test_a_declaration_whose_line_is_gone_is_stale(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(a):\n    return a <= 2\n", encoding="utf-8")
    gone = Change("b.py", "f", "return a <= 2", "return a < 2")
    assert stale(tmp_path, {CHANGE: "", gone: ""}) == [CHANGE, gone]
    (tmp_path / "a.py").write_text("def f(a):\n    return a <= 1\n", encoding="utf-8")
    assert stale(tmp_path, {CHANGE: ""}) == []


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("class A:\n    @property\n    def f(self): ...\n", "class A:\n    def f(self): ...\n    f = property(f)\n"),
        (
            "@final\n@dataclass(slots=True)\nclass A: ...\n",
            "class A: ...\nA = dataclass(slots=True)(A)\nA = final(A)\n",
        ),
        ("@cache\ndef f(): ...\n", "def f(): ...\n"),
        ("@a.b\ndef f(): ...\n", "@a.b\ndef f(): ...\n"),
        ("class A:\n    @classmethod\n    def f(cls): ...\n", "class A:\n    @classmethod\n    def f(cls): ...\n"),
    ],
)
def test_what_is_decorated_is_written_so_that_it_can_be_mutated(code: str, plain: str) -> None:
    assert undecorated(code) == plain


def verdict(status: str) -> Verdict:
    return Verdict("a.x_f__mutmut_1", "a.py", "f", status)


def test_the_report_shows_each_survivor_and_fails_below_the_least() -> None:
    report = Report()
    for status in ["killed"] * 17 + ["timeout", "survived", "no tests"]:
        report.add(verdict(status), DIFF, is_declared=False)
    assert report.whole == Tally(killed=17, timeout=1, survived=2)
    assert report.whole.share == 0.9
    assert report.passes(0.9)
    assert not report.passes(0.95)
    assert list(report.lines(0.95)) == [
        "── a.py f: survived (a.x_f__mutmut_1)",
        *DIFF.splitlines()[2:],
        "── a.py f: no tests (a.x_f__mutmut_1)",
        *DIFF.splitlines()[2:],
        "      killed  timeout  survived  equivalent  noticed",
        "a.py      17        1         2           0    90.0%",
        "all       17        1         2           0    90.0%",
        "✗ 90.0% of the mutants were noticed, 95% have to be",
    ]


def test_a_declared_equivalent_lives_by_right_and_counts_for_nothing() -> None:
    report = Report()
    report.add(verdict("killed"), "", is_declared=False)
    report.add(verdict("survived"), DIFF, is_declared=True)
    report.add(verdict("timeout"), "", is_declared=True)
    assert report.whole == Tally(killed=1, equivalent=2)
    assert report.passes(1.0)
    assert not report.survivors


def test_a_declared_equivalent_that_a_test_kills_fails_the_run() -> None:
    report = Report()
    report.add(verdict("killed"), "", is_declared=True)
    assert not report.passes(0.0)
    assert next(report.lines(0.0)) == "✗ declared as equivalent, but a test kills it: a.x_f__mutmut_1"


def test_a_stale_declaration_fails_the_run() -> None:
    assert not Report(stale=[CHANGE]).passes(0.0)


MODEL = """
from dataclasses import dataclass
_BOUND = 3


def _word() -> str:
    return "one"


WORD = _word()


@dataclass(frozen=True, slots=True)
class Answer:
    @property
    def right(self) -> bool:
        return True


def small(number: int) -> bool:
    return number < _BOUND
"""
TESTS = """
import pytest
from services.toy.model import WORD, Answer, small

pytestmark = pytest.mark.pure

def test_word():
    assert WORD == "one"

def test_right():
    assert Answer().right

def test_small():
    assert small(1)
"""


@pytest.mark.servers
@pytest.mark.servers
def test_mutants_are_judged_in_a_copy_and_the_tree_stays_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    toy = root / "services" / "toy"
    (toy / "tests").mkdir(parents=True)
    (toy / "__init__.py").touch()
    (toy / "model.py").write_text(MODEL, encoding="utf-8")
    (toy / "tests" / "test_toy.py").write_text(TESTS, encoding="utf-8")
    (root / "src").mkdir()
    (root / "src" / "nothing.py").touch()
    settings = '[tool.pytest.ini_options]\nmarkers = ["pure: needs no server"]\naddopts = "--import-mode=importlib"\n'
    (root / "pyproject.toml").write_text(f"{settings}consider_namespace_packages = true\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(root)], check=True)  # noqa: S607 - git of this machine
    before = {path: path.read_bytes() for path in root.rglob("*.py")}

    part = Part("toy", ("services/toy/model.py",), ("services/toy/tests",))
    shop = open_workshop(root, tmp_path / "shop", part, seed=1)
    made = shop.mutants()
    verdicts = {shop.change(verdict): verdict for verdict in shop.judge(made)}

    assert {path: path.read_bytes() for path in root.rglob("*.py")} == before
    lived = {change.becomes for change, verdict in verdicts.items() if verdict.lives}
    assert lived == {"return number <= _BOUND"}
    assert verdicts[Change("services/toy/model.py", "Answer.right", "return True", "return False")].status == "killed"
    assert {verdict.function for verdict in verdicts.values()} == {"_word", "Answer.right", "small"}
