"""`sandbox`: let a publisher send to a gateway and a topic that misbehave, then judge it; `verify` judges again.

Exit code 0: certified; 1: not; 2: can't be judged.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import signal
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from duban_contracts.conformance.sandbox import certificate, records
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.evidence import Fact, Request, as_lines, digest, from_lines
from duban_contracts.conformance.sandbox.gateway import Gateway
from duban_contracts.conformance.sandbox.judge import debts, judge
from duban_contracts.conformance.sandbox.script import Script
from duban_contracts.profile import ProfileError, load_city

if TYPE_CHECKING:  # it needs the extra `kit`, which a run without Kafka does without
    from duban_contracts.conformance.sandbox.topic import SandboxTopic

UNJUDGED: Final = 2
_LOOK_EVERY: Final = 0.1
# How long a publisher that has sent all may take to settle what it owes.
_GRACE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Until:
    """When a run ends: after so many different events, or so many seconds of quiet, or (both None) when told to."""

    events: int | None = None
    quiet: float | None = None

    def over(self, evidence: list[Fact], idle: float) -> bool:
        """Say whether the run is over, `idle` seconds after anything happened."""
        if self.quiet is not None and evidence and idle >= self.quiet:
            return True
        if self.events is None or _taken(evidence) < self.events:
            return False
        return idle >= _GRACE or (idle >= 1 and not debts(evidence))


@dataclass(slots=True)
class Run:
    """One run of the sandbox, in this process."""

    city: City
    gateway: Gateway
    began: float
    topic: SandboxTopic | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def go(self, until: Until) -> None:
        """Look after city and topic until the run is over or stopped."""
        known, last = 0, time.monotonic()
        while not self.stopping.wait(_LOOK_EVERY):
            if self.topic is not None:
                self.topic.tend()
            with self.gateway.lock:
                self.city.tick(time.monotonic() - self.began)
                count = len(self.city.evidence)
            if count != known:
                known, last = count, time.monotonic()
            if until.over(self.city.evidence, time.monotonic() - last):
                return


def main(words: list[str]) -> int:
    """Run the sandbox and write the report; returns the exit code."""
    chosen = _parser().parse_args(words)
    began = time.monotonic()
    key = chosen.key or os.environ.get("DUBAN_SANDBOX_KEY") or secrets.token_urlsafe(24)
    try:
        regions = load_city(chosen.profile).regions if chosen.profile else ()
    except (OSError, ProfileError) as error:
        sys.stderr.write(f"{error}\n")
        return UNJUDGED
    city = City(chosen.county, key, Script(chosen.seed), regions=regions)
    try:
        with ExitStack() as stack:
            gateway = Gateway(city, lambda: time.monotonic() - began, host=chosen.host, port=chosen.port)
            stack.callback(gateway.close)
            run = Run(city, gateway, began)
            if chosen.kafka:
                run.topic = _topic(chosen, run)
                stack.callback(run.topic.close)
            _announce(chosen, run, key)
            _stop_on_signals(run)
            run.go(Until(chosen.events, chosen.until_quiet))
    except (OSError, ImportError) as error:
        sys.stderr.write(f"{error}\n")
        return UNJUDGED
    return _report(chosen, city)


def _topic(chosen: argparse.Namespace, run: Run) -> SandboxTopic:
    try:
        from duban_contracts.conformance.sandbox import topic  # noqa: PLC0415 - needs the extra `kit`
    except ImportError as error:
        raise ImportError(f"--kafka: in a checkout, pip install './contracts[kit]' ({error})") from error
    return topic.open_topic(chosen.kafka, run.city, run.gateway.lock, run.began, prefix=chosen.prefix, host=chosen.host)


def verify(words: list[str]) -> int:
    """Judge written evidence again, and hold a report against it."""
    parser = argparse.ArgumentParser(prog="python -m duban_contracts.conformance verify", description=verify.__doc__)
    parser.add_argument("report", type=Path, help="report.json")
    parser.add_argument("evidence", type=Path, help="evidence.jsonl")
    chosen = parser.parse_args(words)
    try:
        report = msgspec.json.decode(chosen.report.read_bytes(), type=dict)
        raw = chosen.evidence.read_bytes()
        found = judge(from_lines(raw))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return UNJUDGED
    if report.get("evidence_sha256") != digest(raw):
        sys.stdout.write("证据与报告不符：摘要不同\n")
        return UNJUDGED
    if report.get("certified") is not (not found) or report.get("findings") != msgspec.to_builtins(found):
        sys.stdout.write("结论与证据不符：按同一证据复核，结论不同\n")
        return UNJUDGED
    sys.stdout.write(f"证据与报告相符；结论：{'符合' if not found else '不符合'}\n")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m duban_contracts.conformance sandbox", description=__doc__)
    parser.add_argument("--county", required=True, help="six-digit code of the county that publishes", type=_county)
    parser.add_argument("--kafka", metavar="BOOTSTRAP", help="a test broker: also judge what is written to its topic")
    parser.add_argument("--profile", type=Path, help="a city's profile: its divisions stand in /v1/vocabularies")
    parser.add_argument("--prefix", default="sandbox.", help="of the topics on that broker")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18099)
    parser.add_argument("--key", help="the key that the publisher uses (else DUBAN_SANDBOX_KEY, else one is made)")
    parser.add_argument("--seed", type=int, default=1, help="of what goes wrong: the same seed, the same faults")
    parser.add_argument("--events", type=int, metavar="N", help="end when N different events were taken and settled")
    parser.add_argument("--until-quiet", type=float, metavar="SECONDS", help="end after so many seconds of quiet")
    parser.add_argument(
        "--output", type=Path, default=Path(), help="directory of report.md, report.json, evidence.jsonl"
    )
    return parser


def _county(text: str) -> str:
    if not re.fullmatch("[0-9]{6}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no six-digit division code")
    return text


def _announce(chosen: argparse.Namespace, run: Run, key: str) -> None:
    lines = [f"GATEWAY={run.gateway.url}", f"KEY={key}", f"COUNTY={chosen.county}"]
    if run.topic is not None:
        topic = f"{chosen.prefix}county.{chosen.county}"
        lines += [f"KAFKA={run.topic.address}", f"TOPIC={topic}.v1", f"FEEDBACK={topic}.feedback.v1"]
    sys.stdout.write("\n".join(lines) + "\n沙箱已就绪，请开始报送；结束请按 Ctrl-C\n")
    sys.stdout.flush()


def _stop_on_signals(run: Run) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: run.stopping.set())


def _taken(evidence: list[Fact]) -> int:
    https = {
        (seen.source, seen.id)
        for fact in evidence
        if isinstance(fact, Request) and fact.taken
        for seen in fact.events
        if not seen.refused
    }
    return len(https) + records.of(evidence)


def _report(chosen: argparse.Namespace, city: City) -> int:
    raw = as_lines(city.evidence)
    run = certificate.Run(chosen.county, chosen.seed, datetime.now(UTC), digest(raw))
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "evidence.jsonl").write_bytes(raw)
    (chosen.output / "report.json").write_bytes(certificate.as_json(run, city.evidence))
    printed = certificate.as_markdown(run, city.evidence)
    (chosen.output / "report.md").write_text(printed, encoding="utf-8")
    sys.stdout.write(f"\n{printed}")
    return 1 if judge(city.evidence) else 0
