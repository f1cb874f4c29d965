"""Every command may be repeated when its answer was lost, and rests on what its sender saw; or says here why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

_DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "openapi" / "ledger.json"
# Without Idempotency-Key: what makes a repetition harmless in its place.
_OTHERWISE: Final = {
    "/v1/criteria/imports": "what is there already is unchanged",
    "/v1/inside-reports": "the worker's own code is the key, and no account may be kept with it",
    "/v1/tips/{name}/lookups": "an answer may not stand outside the vault; a second look-up is on record as one",
    "/v1/lookups/{lookup_id}/release": "whoever released is answered the same",
    "/v1/lookups/{lookup_id}/read": "each reading is on record",
}
# Without If-Match, of what is there already: why no version is needed.
_UNVERSIONED: Final = {
    "/v1/tips/{name}/lookups": "nothing of the tip changes",
    "/v1/tips/{name}/reward": "a tip has one reward: who comes second is told",
    "/v1/lookups/{lookup_id}/release": "a look-up has each step once",
    "/v1/lookups/{lookup_id}/read": "a look-up may be read again",
}


def commands() -> dict[str, set[str]]:
    """The headers that each POST takes, by its path."""
    paths: dict[str, Any] = json.loads(_DOCUMENT.read_text(encoding="utf-8"))["paths"]
    return {
        path: {each["name"].lower() for each in ways["post"].get("parameters", ()) if each["in"] == "header"}
        for path, ways in paths.items()
        if "post" in ways
    }


@pytest.mark.promise("P1")
def test_every_command_takes_an_idempotency_key_or_is_harmless_to_repeat() -> None:
    assert {path for path, headers in commands().items() if "idempotency-key" not in headers} == _OTHERWISE.keys()


@pytest.mark.promise("P2")
def test_every_command_on_what_is_there_rests_on_a_version_or_needs_none() -> None:
    on_something = {path: headers for path, headers in commands().items() if "{" in path}
    assert {path for path, headers in on_something.items() if "if-match" not in headers} == _UNVERSIONED.keys()
