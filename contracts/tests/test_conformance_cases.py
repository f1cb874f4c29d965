"""The kit is held against the platform's own validation over everything that was tried on it (`cases/`).

Each case stands with its right answer: the code with which it is refused, or None where it is taken. What the platform
takes though its publisher is at fault stands with the fault.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from duban_contracts.admissible.dates import Present
from duban_contracts.conformance import Finding, check
from duban_contracts.conformance.check import ZONE
from duban_contracts.refusals import Refusal
from duban_contracts.topics import claims_topic
from duban_contracts.validation import unreadable
from services.chassis.consuming.deliveries import RawRecord, read
from services.gateway.intake.model.claims import RefusedEvent
from services.gateway.intake.model.examination import Examiner
from services.ledger.claims.model.decisions import screen

CASES: Final = Path(__file__).parent / "cases"
COUNTY: Final = "140502"
TOPIC: Final = claims_topic(COUNTY)
NOW: Final = datetime(2026, 11, 21, 4, tzinfo=UTC)
PRESENT: Final = Present.at(NOW, ZONE)

REPORT: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "t2-0001",
    "source": "/county/140502/t2",
    "type": "duban.hazard.reported.v1",
    "data": {
        "county": COUNTY,
        "reference": "T2-0001",
        "channel": "inspection",
        "sector": "hazchem",
        "enterprise": {"name": "示例化工有限公司"},
        "place": "储罐区",
        "description": "可燃气体探测器失效",
        "found_on": "2026-11-20",
    },
}


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / name).read_text(encoding="utf-8"))
    return found


def reported(path: str, value: Any) -> bytes:
    """The right report with one field said otherwise."""
    event = copy.deepcopy(REPORT)
    *way, last = path.split(".")
    inner = event["data"]
    for step in way:
        inner = inner[step]
    inner[last] = value
    return json.dumps(event, ensure_ascii=False).encode()


def documents() -> Iterator[tuple[str, bytes, str | None]]:
    """Every event of the cases in structured mode, and the code that is right for it."""
    yield "03", base64.b64decode(case("03-gbk-payload.json")["http_body_base64"]), "bad-encoding"
    for number, event in enumerate(case("06-time-at-the-edge.json")["events"]):
        yield f"06/{number}", json.dumps(event).encode(), "bad-envelope"
    looks = case("15-blank-and-lookalike.json")
    for blank in looks["blank"]:
        for path in looks["blank_for"]:
            # Marks of direction and line separators are no characters of a text, whether it shows anything or not.
            shown = "control-character" if {"\u202e", "\u2028"} & set(blank) else "blank-text"
            yield f"15/{path}/{blank!a}", reported(path, blank), shown
    for reference in looks["reference_lookalikes"]:
        right_reference = "control-character" if "\u202e" in reference else None
        yield f"15/reference/{reference!a}", reported("reference", reference), right_reference
    for entry in case("16-uscc-that-fails-its-check.json")["inputs"]:
        yield f"16/{entry['uscc']}", reported("enterprise.uscc", entry["uscc"]), None
    for day, right in (
        ("2099-01-01", "found-in-future"),
        ("9999-12-31", "found-in-future"),
        ("0001-01-01", "date-too-early"),
        ("1899-12-30", "date-too-early"),
        ("2026-11-23", "found-in-future"),
        ("2026-11-22", None),
    ):
        yield f"17/{day}", reported("found_on", day), right
    charset = case("18-datacontenttype-with-charset.json")
    for media_type in [charset["event"]["datacontenttype"], *charset["also"]]:
        plain = media_type.partition(" (")[0]
        event = json.dumps(charset["event"] | {"datacontenttype": plain}).encode()
        yield f"18/{plain}", event, "bad-envelope" if "gbk" in plain else None
    for name, right in HTTP.items():
        yield f"http/{name}", (CASES / "http" / f"{name}.json").read_bytes(), right


HTTP: Final = {
    "blank-place": "blank-text",
    "blank-reference": "blank-text",
    "datacontenttype-charset": None,
    "found-on-future": "found-in-future",
    "gbk-single": "bad-encoding",
    "not-utf8-byte": "bad-encoding",
    "sector-by-name": "unknown-term",
    "time-year-1": "bad-envelope",
    "time-year-9999": "bad-envelope",
}


def codes(findings: list[Finding]) -> list[str | None]:
    return [finding.violations[0].code if finding.violations else None for finding in findings]


def of_gateway(document: bytes) -> str | None:
    found = Examiner(COUNTY, TOPIC, None, PRESENT).structured(document)
    return found.refusals[0].code if isinstance(found, RefusedEvent) else None


def of_ledger(record: RawRecord) -> str | None:
    event, data = read(record)
    if isinstance(data, Refusal):
        return unreadable(event, data, COUNTY).code
    assert event is not None
    found = screen(event, data, COUNTY, PRESENT)
    return found.code if isinstance(found, Refusal) else None


@pytest.mark.parametrize(("document", "right"), [pytest.param(raw, right, id=name) for name, raw, right in documents()])
def test_kit_and_gateway_say_what_is_right(document: bytes, right: str | None) -> None:
    assert codes(check(document, COUNTY, PRESENT)) == [right]
    assert of_gateway(document) == right


def test_every_file_of_the_cases_is_tried() -> None:
    named = {path.stem for path in (CASES / "http").iterdir()}
    assert named == {*HTTP, "gbk-second-of-batch"}
    assert {path.stem for path in (CASES / "kit").iterdir()} == set(KIT)


def test_a_gbk_neighbour_costs_the_others_of_a_batch_nothing() -> None:
    raw = (CASES / "http" / "gbk-second-of-batch.json").read_bytes()
    each = msgspec.json.decode(raw, type=list[msgspec.Raw])
    said = codes(check(raw, COUNTY, PRESENT))
    assert said == [of_gateway(bytes(document)) for document in each]
    assert said[1] == "bad-encoding"
    assert set(said) == {None, "bad-encoding"}


# The files that a vendor gave to the kit: what refuses them, and what else keeps them from being certified.
KIT: Final[dict[str, tuple[list[str | None], list[list[str]]]]] = {
    "gbk": (["bad-encoding"], [[]]),
    "header-without-value": ([None], [[]]),
    "no-key": ([None], [["key-not-reference"]]),
    "one-reference-on-two-partitions": ([None, None], [[], ["split-reference"]]),
    "same-event-other-layout": ([None, None], [[], []]),
    "topic-of-nobody": ([None], [["topic-of-nobody"]]),
}


@pytest.mark.parametrize("name", KIT)
def test_the_files_of_the_kit_get_the_right_answer(name: str) -> None:
    findings = check((CASES / "kit" / f"{name}.json").read_bytes(), COUNTY, PRESENT)
    refused, faults = KIT[name]
    assert codes(findings) == refused
    assert [[fault.code for fault in finding.faults] for finding in findings] == faults


def records() -> Iterator[tuple[str, RawRecord, str | None]]:
    """Records of the cases as they came on the wire, and the code that is right for each."""
    headers = [(f"ce_{name}", str(REPORT[name]).encode()) for name in ("specversion", "id", "source", "type")] + [
        ("content-type", b"application/json")
    ]
    gbk = base64.b64decode(case("03-gbk-payload.json")["kafka_value_base64"])
    yield "03", arrived(b"T2-0001", gbk, headers), "bad-encoding"
    foreign = case("09-foreign-headers.json")
    value = json.dumps(foreign["payload"], ensure_ascii=False).encode()
    for variant in foreign["variants"]:
        key = base64.b64decode(variant.get("key_base64", "VDItMDkwMQ=="))
        extra = (
            [(variant["extra_header"], base64.b64decode(variant["value_base64"]))] if "extra_header" in variant else []
        )
        yield f"09/{min(variant)}", arrived(key, value, [*headers, *extra]), None

    # An envelope that is refused for its time, although its id and source can be read.
    right = json.dumps(REPORT["data"], ensure_ascii=False).encode()
    yield "kafka/time", arrived(b"T2-0001", right, [*headers, ("ce_time", b"2026-11-21 08:30:00")]), "bad-envelope"


def arrived(key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> RawRecord:
    return RawRecord(topic=TOPIC, partition=0, offset=0, key=key, value=value, headers=tuple(headers), timestamp=NOW)


@pytest.mark.parametrize(("record", "right"), [pytest.param(raw, right, id=name) for name, raw, right in records()])
def test_the_ledger_says_what_is_right_of_a_record(record: RawRecord, right: str | None) -> None:
    assert of_ledger(record) == right
