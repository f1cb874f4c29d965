"""Every fixture of every released version, and of today, is read by today's code, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from contracts.tests.tables import each
from duban_contracts.cloudevents import CloudEvent, from_kafka, from_structured
from duban_contracts.codec import decode, digest_of, encode, lookup
from duban_contracts.topics import TopicFamily

CONTRACTS = Path(__file__).parents[2] / "contracts"
RELEASES = sorted(path for path in (CONTRACTS / "released").iterdir() if path.is_dir())
FIXTURES = sorted(path for root in (CONTRACTS, *RELEASES) for path in (root / "fixtures").glob("*/*.json"))


def place(path: Path) -> str:
    return path.relative_to(CONTRACTS).as_posix()


def event_of(path: Path) -> tuple[CloudEvent, dict[str, Any]]:
    """Return the event in a fixture, and its payload as it stands in the file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if path.name.endswith(".http.json"):
        return from_structured(path.read_bytes()), document["data"]
    key = document["key"]
    headers = [(name, text.encode()) for name, text in document["headers"].items()]
    value = json.dumps(document["value"], ensure_ascii=False).encode()
    return from_kafka(None if key is None else key.encode(), value, headers), document["value"]


def holds(read: Any, written: Any) -> bool:
    """Whether all that was written is found in what was read; readers may know more fields, with their defaults."""
    if isinstance(written, dict):
        return isinstance(read, dict) and all(name in read and holds(read[name], written[name]) for name in written)
    if isinstance(written, list):
        return len(read) == len(written) and all(map(holds, read, written))
    return bool(read == written)


def test_every_release_keeps_its_fixtures() -> None:
    assert RELEASES
    for release in RELEASES:
        schemas = {path.stem for path in (release / "schemas").iterdir()}
        assert schemas == {path.name for path in (release / "fixtures").iterdir()}


def test_a_fixture_of_any_version_is_read_without_loss() -> None:
    def is_read(path: Path) -> None:
        event, payload = event_of(path)
        assert event.type == path.parent.name
        data = decode(event)
        assert holds(msgspec.json.decode(encode(data)), payload)
        assert type(data) is lookup(event.type).model

    each(FIXTURES, is_read, name=place)


def test_both_modes_of_a_fixture_hold_the_same_event() -> None:
    def are_the_same(path: Path) -> None:
        by_kafka, _ = event_of(path)
        by_http, _ = event_of(path.with_name(path.name.replace(".kafka.", ".http.")))
        assert msgspec.structs.replace(by_kafka, data=b"") == msgspec.structs.replace(by_http, data=b"")
        assert json.loads(by_kafka.data) == json.loads(by_http.data)

    each([path for path in FIXTURES if path.name.endswith(".kafka.json")], are_the_same, name=place)


def test_a_claim_that_a_release_took_is_known_again_by_the_next() -> None:
    """A field that came since says so itself (`marks.later`), and none may have moved before another."""
    for release in RELEASES:
        kept = json.loads((release / "digests.json").read_text(encoding="utf-8"))
        types = {path.name for path in (release / "fixtures").iterdir()}
        assert set(kept) == {name for name in types if lookup(name).family is TopicFamily.CLAIMS}
        for name, fixtures in kept.items():
            for which, digest in fixtures.items():
                event, _ = event_of(release / "fixtures" / name / f"{which}.kafka.json")
                assert digest_of(name, decode(event)).hex() == digest, f"{place(release)}: {name}, {which}"
