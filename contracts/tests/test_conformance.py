from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent, encode_batch, to_kafka, to_structured
from duban_contracts.codec import lookup
from duban_contracts.conformance import Finding, Unreadable, check
from duban_contracts.conformance.__main__ import main
from duban_contracts.examples import example_event, examples

TYPE = "duban.hazard.reported.v1"
GOOD = example_event(lookup(TYPE))
BAD = msgspec.structs.replace(
    example_event(lookup(TYPE), examples()[TYPE] | {"plaec": "x", "sector": "alchemy"}), id="CQ-bad"
)


def structured(event: CloudEvent) -> bytes:
    return msgspec.json.encode(to_structured(event))


def codes(findings: list[Finding]) -> list[list[str]]:
    return [[violation.code for violation in finding.violations] for finding in findings]


def record(event: CloudEvent, **changes: object) -> dict[str, object]:
    key, value, headers = to_kafka(event)
    captured = {
        "key": None if key is None else key.decode(),
        "headers": {name: text.decode() for name, text in headers},
        "value": json.loads(value),
    }
    return captured | changes


def test_one_event_a_batch_and_lines_are_read() -> None:
    assert codes(check(structured(GOOD))) == [[]]
    assert codes(check(encode_batch([GOOD, BAD]))) == [[], ["unknown-field"]]
    assert codes(check(structured(GOOD) + b"\n\n" + structured(BAD) + b"\n")) == [[], ["unknown-field"]]


def test_a_captured_record_is_read_in_every_usual_shape() -> None:
    _, value, headers = to_kafka(GOOD)
    pairs = [[name, text.decode()] for name, text in headers]
    flat = [text for pair in pairs for text in pair]
    kcat = record(GOOD, headers=flat, payload=value.decode(), topic="county.140502.v1", partition=3)
    del kcat["value"]
    for captured in (record(GOOD), record(GOOD, headers=pairs), record(GOOD, value=value.decode()), kcat):
        assert codes(check(json.dumps(captured).encode())) == [[]]


@pytest.mark.feature("SY64")
def test_the_topic_of_a_record_says_who_is_speaking() -> None:
    captured = record(GOOD, topic="county.140581.v1")
    assert codes(check(json.dumps(captured).encode(), county="140502")) == [["county-mismatch"]]


def test_a_record_whose_key_is_not_the_reference_gets_advice_but_passes() -> None:
    (finding,) = check(json.dumps(record(GOOD, key="another")).encode())
    assert not finding.refused
    assert [advice.code for advice in finding.advice] == ["key-not-reference"]


@pytest.mark.parametrize(
    "captured",
    [
        {"headers": 7, "value": {}},
        {"headers": [["a"]], "value": {}},
        {"headers": {"ce_specversion": "1.0"}, "value": None},
        {"headers": {}, "key": 7, "value": {}},
        {"headers": {}, "topic": 7, "value": {}},
    ],
)
def test_a_broken_capture_is_a_finding_not_a_crash(captured: dict[str, object]) -> None:
    assert codes(check(json.dumps(captured).encode())) == [["bad-envelope"]]


def test_a_resent_event_passes_and_a_reused_id_is_refused() -> None:
    other = msgspec.structs.replace(example_event(lookup(TYPE), examples()[TYPE] | {"place": "别处"}))
    assert codes(check(encode_batch([GOOD, GOOD, other]))) == [[], [], ["id-reused"]]


def test_a_batch_beyond_the_limit_is_refused_from_there_on() -> None:
    many = [msgspec.structs.replace(GOOD, id=f"CQ-{number}") for number in range(1002)]
    findings = check(encode_batch(many))
    assert [finding.index for finding in findings if finding.refused] == [1000, 1001]
    assert codes(findings[1000:]) == [["batch-too-large"]] * 2


def test_a_broken_envelope_is_a_finding() -> None:
    assert codes(check(b'[{"specversion":"1.0"}, 7]')) == [["bad-envelope"], ["bad-envelope"]]


@pytest.mark.parametrize("raw", [b"", b"[]", b"hello", b"{}\nhello", b"\xff\xfe"])
def test_what_is_no_events_at_all_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        check(raw)


def test_the_command_reports_in_chinese_and_english_and_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, broken = (tmp_path / name for name in ("good.json", "bad.json", "broken.json"))
    good.write_bytes(structured(GOOD))
    bad.write_bytes(encode_batch([GOOD, BAD]))
    broken.write_bytes(b"hello")
    assert main([str(good)]) == 0
    assert "共 1 条，通过 1 条，不予受理 0 条" in capsys.readouterr().out
    assert main([str(good), str(bad)]) == 1
    printed = capsys.readouterr().out
    assert "第 2 条 CQ-bad: 不予受理" in printed
    assert "$.plaec：契约中没有此字段，请核对拼写 [unknown-field]" in printed
    assert main([str(bad), "--language", "en"]) == 1
    assert "event 2 CQ-bad: would be refused" in capsys.readouterr().out
    assert main([str(broken)]) == 2
    assert main([str(tmp_path / "missing.json")]) == 2


def test_the_command_speaks_json_to_a_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(structured(BAD))
    assert main([str(file), "--json", "--county", "140502"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["refused"]
    assert finding["violations"][0]["field"] == "$.plaec"
