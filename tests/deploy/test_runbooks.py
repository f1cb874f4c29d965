"""Every page, and the guide for operations, names commands that exist. `python -m tests.chaos.night --runbooks` carries them out on a running platform."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from services.cli.command_line import app
from tests.deploy import runbooks
from tests.deploy.expressions import ROOT

pytestmark = pytest.mark.pure

GUIDE = ROOT / "docs" / "operations.md"
# Taken together once: each of the many commands would take a hundredth of a second.
DUBAN: Any = typer.main.get_command(app)
COMMANDS = [*runbooks.every(), *runbooks.commands_of(GUIDE)]
TARGETS = set(re.findall(r"^([a-z-]+)(?: [a-z-]+)*:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def of_kind(kind: runbooks.Kind) -> list[runbooks.Command]:
    return [command for command in COMMANDS if command.kind == kind]


@cache
def answered() -> frozenset[tuple[str, str]]:
    """Method and path, with `*` for what stands for a value, of all that the services answer."""
    return frozenset(
        (verb.upper(), re.sub(r"\{[^}]+\}", "*", template))
        for file in (ROOT / "docs" / "openapi").glob("*.json")
        for template, verbs in json.loads(file.read_text(encoding="utf-8"))["paths"].items()
        for verb in verbs
    )


@pytest.mark.parametrize("page", runbooks.pages(), ids=lambda page: page.stem)
def test_a_page_says_with_which_command_to_look(page: Path) -> None:
    assert runbooks.commands_of(page), f"{page.name} names no command"


@pytest.mark.parametrize("command", of_kind("make"), ids=str)
def test_what_make_is_told_is_on_its_menu(command: runbooks.Command) -> None:
    words = shlex.split(re.sub(r"<[^>]+>", "x", command.text))[1:]
    asked = {word for word in words if "=" not in word and word[0] != "-"}
    assert asked <= TARGETS
    if asked == {"duban"}:
        assert_duban_has(shlex.split(next(word for word in words if word.startswith("ARGS=")).removeprefix("ARGS=")))


@pytest.mark.parametrize("command", of_kind("duban"), ids=str)
def test_what_duban_is_told_is_a_command_of_it_with_options_that_it_has(command: runbooks.Command) -> None:
    assert_duban_has(command.text.split()[1:])


def assert_duban_has(words: list[str]) -> None:
    found = DUBAN
    while hasattr(found, "commands") and words and not words[0].startswith("-"):
        assert words[0] in found.commands, f"duban has no {words[0]}"
        found = found.commands[words.pop(0)]
    options = {name for parameter in found.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("command", of_kind("http"), ids=str)
def test_a_request_is_one_that_a_service_answers(command: runbooks.Command) -> None:
    method, address = command.text.split(maxsplit=1)
    path = address.partition("?")[0]
    if not path.startswith("/v1/"):
        return
    assert (method, re.sub(r"\{[^}]+\}|<[^>]+>", "*", path)) in answered()


def test_a_command_is_found_in_a_span_over_two_lines_a_fence_and_an_indented_block(tmp_path: Path) -> None:
    page = tmp_path / "DubanExample.md"
    page.write_text("1. `duban lag\n   --json` and `duban`\n\n```sh\nmake up\n```\n\n    curl -s http://x/readyz\n")
    assert [command.text for command in runbooks.commands_of(page)] == [
        "make up",
        "curl -s http://x/readyz",
        "duban lag --json",
    ]
