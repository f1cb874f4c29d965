"""Every command has `--json`, and then prints one document and nothing else; how it ended stands in it."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from services.cli import output
from services.cli.command_line import app

pytestmark = pytest.mark.pure

CLI = Path(__file__).parents[1]
# What a required argument or option is given, by its name.
GIVEN: Final = {
    "service": "ledger",
    "letter": "1",
    "name": "ledger.claims",
    "role": "operator",
    "area": "140500",
    "code": "140502",
    "file": __file__,
}
PRINTERS: Final = {"print", "echo", "secho"}


def commands(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if inner := getattr(command, "commands", None):
        for name, each in inner.items():
            yield from commands((*words, name), each)
    else:
        yield words, command


TREE: Final = list(commands((), get_command(app)))


@pytest.mark.parametrize(("words", "command"), TREE, ids=[" ".join(words) for words, _ in TREE])
def test_a_command_has_json_and_prints_one_document_however_it_ends(
    words: tuple[str, ...], command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--json" in {option for each in command.params for option in each.opts}
    monkeypatch.chdir(tmp_path)
    given: list[str] = []
    for each in command.params:
        if each.required:
            named = [] if not hasattr(each, "is_flag") else [each.opts[0]]
            given += [*named, GIVEN.get(each.name, "x")]
    # It is told of no platform: most end by saying so.
    for name in [name for name in os.environ if name.startswith("DUBAN_")]:
        monkeypatch.delenv(name)
    ended = CliRunner().invoke(app, [*words, *given, "--json"])
    document = json.loads(ended.stdout)
    assert document["exit"] == ended.exit_code, ended.output
    assert ended.exit_code in output.EXIT_CODES
    assert isinstance(document["said"], list)
    assert ended.exit_code == output.DONE or document["said"], "it says why"


@pytest.mark.parametrize("module", sorted(CLI.glob("*.py")), ids=lambda path: path.stem)
def test_nothing_is_printed_past_the_document(module: Path) -> None:
    if module.stem == "output":
        return
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called.rpartition(".")[2] not in PRINTERS, f"line {node.lineno}: {called}"
            assert not called.startswith(("console.file", "sys.stdout")), f"line {node.lineno}: {called}"
