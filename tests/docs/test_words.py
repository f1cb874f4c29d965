"""A page names settings, targets of `make`, classes and functions as they are called: one that was renamed is found here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_QUOTED: Final = re.compile(r"`([^`\n]+)`")
_SETTING: Final = re.compile(r"\bDUBAN_[A-Z_]+[A-Z]\b(?![_<…*])")
_TARGET: Final = re.compile(r"\bmake ([a-z][a-z-]*)")
# `Journal.load`, `RetryLater`, `blind_indices`: what can only be a name of code.
_NAME: Final = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+|[A-Z]\w*\.\w+|[a-z]+(?:_[a-z]+)+")
# What these say is of other programs, of other trees, of what was, or of what shows nothing of our names.
_OF_OTHERS: Final = ("CHANGELOG.md", "docs/adr/", "docs/clients/", "docs/domain/", "docs/proof/", "tests/deploy/data/")
_FOREIGN: Final = {"node_modules", "__pycache__", "target"}
# Kubernetes and PostgreSQL call these so; the last is made of a role's name (`storage.readers.reader_of`).
_MADE_ELSEWHERE: Final = {"ImagePullBackOff", "pg_cancel_backend", "duban_vault_reader"}


def _files(*kinds: str) -> Iterator[Path]:
    for top in ("services", "contracts", "deploy", "tools", "tests", "docs", "k8s"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in kinds and not _FOREIGN & set(path.parts):
                yield path
    yield from (path for path in ROOT.glob("*") if path.suffix in kinds and path.is_file())


PAGES: Final = sorted(
    name for path in _files(".md") if not (name := path.relative_to(ROOT).as_posix()).startswith(_OF_OTHERS)
)


@cache
def _words() -> frozenset[str]:
    """Return every word of code, configuration and SQL; files and folders are words, too."""
    found = set[str]()
    for path in _files(".py", ".sql", ".json", ".yml", ".yaml", ".toml", ".j2", ".mjs", ".sh", ""):
        found.update(path.relative_to(ROOT).with_suffix("").parts)
        # What stands below as called by nobody would else be called so here.
        if path.is_file() and path != Path(__file__):
            found.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
    return frozenset(found)


@cache
def _settings() -> frozenset[str]:
    """Return the settings of services, as their page has them, and those that code or a file of ours names in full."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return frozenset(_SETTING.findall(page)) | {word for word in _words() if word.startswith("DUBAN_")}


@cache
def _targets() -> frozenset[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return frozenset(name for line in re.findall(r"^([a-z][a-z -]*):", text, re.MULTILINE) for name in line.split())


def unknown(text: str) -> list[str]:
    """Return what `text` names that nothing of this repository is called."""
    quoted = _QUOTED.findall(text)
    names = [word for word in quoted if _NAME.fullmatch(word) and word not in _MADE_ELSEWHERE]
    return [
        *(each for words in quoted for each in _SETTING.findall(words) if each not in _settings()),
        *(each for words in quoted for each in _TARGET.findall(words) if each not in _targets()),
        *(name for name in names if not set(name.split(".")) <= _words()),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_called_so(page: str) -> None:
    assert unknown((ROOT / page).read_text(encoding="utf-8")) == []


def test_what_is_called_otherwise_by_now_is_found() -> None:
    said = "`DUBAN_NOBODY_READS`, `make no-tea`, `NobodysClass`, `Journal.nowhere_to`, `nobodys_function`"
    assert unknown(said) == ["DUBAN_NOBODY_READS", "no-tea", "NobodysClass", "Journal.nowhere_to", "nobodys_function"]
    assert unknown("`DUBAN_HTTP_PORT`, `make test`, `Journal`, `blind_indices`, `DUBAN_<SERVICE>_DSN`") == []
