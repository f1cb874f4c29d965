"""The generated files as one mapping, so that writing them and checking them can't disagree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from duban_contracts.codec import decode, digest_of, event_types
from duban_contracts.codes import CODES
from duban_contracts.generate import admissible_pages, asyncapi, code_tables, table, vocabulary_page
from duban_contracts.generate.fixtures import events, fixtures
from duban_contracts.generate.schemas import payload_schema
from duban_contracts.topics import TopicFamily
from duban_contracts.vocabulary import VOCABULARIES

# Directories in which nothing but generated files may stand.
OWNED: Final = ("schemas", "fixtures", "docs")
_KEPT: Final = ("schemas/", "fixtures/", "published.json", "digests.json")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


@cache
def generated(version: str) -> Mapping[str, str]:
    """Return every generated file's content by its path under `contracts/`; made once, as the catalogue stays."""
    files = {
        "asyncapi.json": _json(asyncapi.document(version)),
        "published.json": _json(published()),
        "digests.json": _json(digests()),
        "docs/event-types.md": table.document(),
        "docs/vocabularies.md": vocabulary_page.document(),
        **code_tables.pages(),
        **admissible_pages.pages(),
    }
    for entry in event_types():
        files[f"schemas/{entry.name}.json"] = _json(payload_schema(entry))
        for name, fixture in fixtures(entry).items():
            files[f"fixtures/{entry.name}/{name}"] = _json(fixture)
    return MappingProxyType(files)


def published() -> dict[str, Any]:
    """Return the codes that are published for good: every vocabulary's terms, every refusal's code with its status."""
    return {
        "vocabularies": {name: [term.code for term in vocabulary] for name, vocabulary in VOCABULARIES.items()},
        "codes": {meaning.code: meaning.status for meaning in CODES.values()},
    }


def digests() -> dict[str, dict[str, str]]:
    """Return by what the doors know the fixtures of each claim again: what a release took is sent again to the next."""
    return {
        entry.name: {name: digest_of(entry.name, decode(event)).hex() for name, event in events(entry).items()}
        for entry in event_types()
        if entry.family is TopicFamily.CLAIMS
    }


def stale(directory: Path, files: Mapping[str, str]) -> list[str]:
    """Return the paths under `directory` that are missing, differ from `files`, or should not be there."""
    wrong = [
        path
        for path, content in files.items()
        if not (directory / path).is_file() or (directory / path).read_text(encoding="utf-8") != content
    ]
    return sorted([*wrong, *_strangers(directory, files)])


def _strangers(directory: Path, files: Mapping[str, str]) -> list[str]:
    present = (path for name in OWNED for path in (directory / name).rglob("*") if path.is_file())
    return [name for path in present if (name := path.relative_to(directory).as_posix()) not in files]


def write(directory: Path, files: dict[str, str]) -> None:
    """Make `directory` hold exactly `files` in the directories that are owned here."""
    for name in _strangers(directory, files):
        (directory / name).unlink()
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def release(directory: Path, version: str, files: dict[str, str]) -> Path:
    """Keep schemas, fixtures and codes of `version` for good; raises FileExistsError when it was released before."""
    target = directory / "released" / version
    target.mkdir(parents=True)
    kept = {name: content for name, content in files.items() if name.startswith(_KEPT)}
    write(target, kept)
    return target
