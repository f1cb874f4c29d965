"""The sandbox certifies who does right, and names what each careless publisher does."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from contracts.tests.publishers import (
    Blind,
    Changing,
    Deaf,
    Http,
    Impatient,
    NewIds,
    NoRetry,
    Overtaking,
    Publisher,
    Virtual,
    life,
    report,
)
from duban_contracts.conformance import sandbox
from duban_contracts.conformance.__main__ import main
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.gateway import Gateway
from duban_contracts.conformance.sandbox.judge import debts, judge
from duban_contracts.conformance.sandbox.script import Act, Script

COUNTY = "140502"


def city(seed: int = 1) -> City:
    return City(COUNTY, "the key", Script(seed))


def singly(count: int = 12) -> list[list[dict[str, Any]]]:
    return [[event] for number in range(count) for event in life(number)]


def codes(found: City) -> set[str]:
    return {fault.code for fault in judge(found.evidence)}


@pytest.mark.parametrize("seed", range(20))
def test_a_good_publisher_is_certified_whatever_goes_wrong(seed: int) -> None:
    there = city(seed)
    Publisher(Virtual(there)).run(singly())
    assert judge(there.evidence) == []
    assert debts(there.evidence) == 0


def test_a_good_publisher_that_sends_one_batch_is_certified() -> None:
    there = city()
    Publisher(Virtual(there)).run([[report(number) for number in range(40)]])
    assert judge(there.evidence) == []


@pytest.mark.parametrize(
    ("careless", "named"),
    [
        (NewIds, "new-id-on-retry"),
        (NoRetry, "never-sent-again"),
        (Impatient, "impatient"),
        (Deaf, "refusal-not-read"),
        (Overtaking, "out-of-order"),
        (Changing, "content-changed"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_careless_publisher_is_found_out_and_told_what_it_does(
    careless: type[Publisher], named: str, seed: int
) -> None:
    there = city(seed)
    careless(Virtual(there)).run(singly())
    assert named in codes(there)


def test_what_is_refused_at_once_has_to_be_mended_and_not_to_be_repeated() -> None:
    wrong = report(900, sector="alchemy")
    left, blind, mended = city(), city(), city()
    Publisher(Virtual(left)).run([*singly(), [wrong]])
    assert codes(left) == {"refused-and-left"}
    publisher = Publisher(Virtual(blind))
    publisher.run(singly())
    Blind(publisher.wire).send([wrong])
    assert "refused-sent-again" in codes(blind)
    Publisher(Virtual(mended)).run([*singly(), [wrong], [report(901, "CQ-0900", place="储罐区")]])
    assert codes(mended) == set()


def test_a_run_without_a_fault_or_with_few_events_certifies_nobody() -> None:
    assert codes(city()) == {"too-little-seen"}
    there = city()
    Publisher(Virtual(there)).run([[report(1)]])
    assert codes(there) == {"too-little-seen"}


def test_a_publisher_without_its_key_is_told() -> None:
    there = city()
    assert there.submit([], b"{}", 0.0).status == 401
    assert "unauthenticated" in codes(there)


def test_a_correction_that_takes_back_a_correction_is_no_new_id_of_a_retry() -> None:
    there = city()
    back = [[report(2, "CQ-1")], [report(3, "CQ-1", place="别处")], [report(4, "CQ-1", place="储罐区2")]]
    Publisher(Virtual(there)).run(
        [*singly(6), *[[event | {"id": f"b-{event['id']}"} for event in one] for one in back]]
    )
    assert codes(there) == set()


def test_a_request_that_the_gateway_can_make_nothing_of_is_named() -> None:
    there = city()
    Publisher(Virtual(there)).run(singly())
    headers = [(b"authorization", b"Bearer the key"), (b"content-type", b"text/plain")]
    assert there.submit(headers, b"x", 900.0).status == 415
    assert codes(there) == {"turned-away"}


def test_whoever_polls_does_not_fill_the_evidence() -> None:
    there = city()
    publisher = Publisher(Virtual(there))
    publisher.run(singly(3))
    count = len(there.evidence)
    publisher.read()
    publisher.wire.call("GET", "/v1/receipts?status=rejected")
    assert len(there.evidence) == count


class FeedReader(Publisher):
    """Learns from its feed what became of its events."""

    def read(self) -> None:
        self.wire.wait(1)
        after, left = "", set(self.receipts)
        while left:
            _, _, page = self.wire.call("GET", f"/v1/feed?after={after}")
            after = page["next"]
            left -= {json.loads(bytes(item["event"]))["data"]["receipt_id"] for item in page["items"]}


@pytest.mark.parametrize("seed", range(3))
def test_the_feed_tells_of_every_event_once_and_is_as_good_as_its_receipts(seed: int) -> None:
    there = city(seed)
    FeedReader(Virtual(there)).run(singly())
    assert judge(there.evidence) == []


@pytest.mark.servers
def test_a_stream_goes_on_behind_the_last_event_that_was_read() -> None:
    there = city()
    publisher = Publisher(Virtual(there))
    publisher.run(singly(3))
    gateway = Gateway(there, lambda: 900.0)
    lines: list[bytes] = []
    try:
        while len(lines) < 6:
            headers = {"Authorization": "Bearer the key", "Accept": "text/event-stream"}
            last = {"Last-Event-ID": lines[-1].decode()} if lines else {}
            connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=120)
            connection.request("GET", "/v1/feed", headers=headers | last)
            stream = connection.getresponse()
            greeting = [stream.readline() for _ in range(3)]
            assert greeting == [b"retry: 2000\n", b"id: %s\n" % (lines[-1] if lines else b"place-0"), b"\n"]
            lines.append(stream.readline().strip().removeprefix(b"id: "))
            connection.close()
    finally:
        gateway.close()
    assert lines == [b"place-%d" % number for number in range(1, 7)]


def test_the_same_seed_does_the_same() -> None:
    first, again = Script(7), Script(7)
    acts = [first.next_act() for _ in range(200)]
    assert acts == [again.next_act() for _ in range(200)]
    assert set(acts[:2]) == {Act.UNAVAILABLE, Act.LOST}
    assert set(acts) == set(Act)


@pytest.mark.servers
def test_a_sandbox_that_cannot_begin_judges_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sandbox", "--county", COUNTY, "--output", str(tmp_path), "--port"]
    there = Gateway(city(), time.monotonic)
    try:
        assert main([*words, there.url.rpartition(":")[2]]) == 2
    finally:
        there.close()
    monkeypatch.setitem(sys.modules, "duban_contracts.conformance.sandbox.topic", None)
    monkeypatch.delattr(sandbox, "topic", raising=False)
    assert main([*words, "0", "--kafka", "127.0.0.1:1"]) == 2
    assert "pip install './contracts[kit]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.servers
@pytest.mark.parametrize(
    ("publisher", "until", "exit_code"), [(Publisher, ("--events", "9"), 0), (NewIds, ("--until-quiet", "6"), 1)]
)
def test_the_command_certifies_from_outside_and_anybody_can_judge_again(
    tmp_path: Path, publisher: type[Publisher], until: tuple[str, str], exit_code: int
) -> None:
    command = [sys.executable, "-m", "duban_contracts.conformance", "sandbox", "--county", COUNTY, "--port", "0"]
    command += ["--key", "k", "--seed", "3", *until, "--output", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("GATEWAY=")
        publisher(Http(url, "k", time.sleep)).run([[report(n) for n in range(4)], [report(n) for n in range(4, 9)]])
        printed, _ = process.communicate(timeout=120)
    assert process.returncode == exit_code, printed
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["certified"] is (exit_code == 0)
    paper = (tmp_path / "report.md").read_text()
    assert paper.startswith("# 事件报送系统符合性报告")
    assert told["evidence_sha256"] in paper
    assert ("符合，予以认证" if exit_code == 0 else "`new-id-on-retry`") in paper
    files = [str(tmp_path / "report.json"), str(tmp_path / "evidence.jsonl")]
    assert main(["verify", *files]) == exit_code
    (tmp_path / "report.json").write_text(json.dumps(told | {"certified": exit_code != 0}))
    assert main(["verify", *files]) == 2
    (tmp_path / "evidence.jsonl").write_bytes(b"")
    assert main(["verify", *files]) == 2
