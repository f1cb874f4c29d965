"""The five services and a Prometheus that scrapes them, as processes, for the length of a test."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx

from deploy.local import ephemeral, programs, provision_city, secrets_store
from deploy.local.ports import free_block, free_ports
from deploy.local.settings import LOOPBACK, Settings, load
from deploy.prometheus import local
from services.chassis.process.clock import ZONE, Clock, ScaledClock, SystemClock
from tests.deploy.expressions import ROOT, RULES

T = TypeVar("T")
# A day of the city in three seconds, from a Monday morning whose calendar will always be known.
CLOCK = {"DUBAN_CLOCK_RATE": "28800", "DUBAN_CLOCK_ORIGIN": "2026-03-02T09:00:00+08:00"}
_PORTS = ("smtp", "webhook", "gateway", "ledger", "scheduler", "notifications", "statistics")


@dataclass
class Started:
    """A program that runs: restarted at will, with other settings if need be."""

    name: str
    command: Sequence[str]
    home: Path
    environment: Mapping[str, str]

    def start(self, **other: str) -> None:
        """Start it; `other` replaces some of its settings this time."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DUBAN_")}
        with (self.home / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=ROOT, env={**kept, **self.environment, **other}, stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self) -> None:
        """Stop it as a supervisor would."""
        self._process.terminate()
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(120)


@dataclass(frozen=True, slots=True)
class Platform:
    """Running services: where they are, the key of each account, the programs by name, and their clock."""

    settings: Settings
    keys: Mapping[str, str]
    programs: Mapping[str, Started]
    dsns: Mapping[str, str]
    clock: Clock

    def url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.settings.port(service)}"

    def today(self) -> date:
        """The day of the city, by the clock of its services."""
        return self.clock.now().astimezone(ZONE).date()

    def call(self, method: str, service: str, path: str, account: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[account]}"} | more.pop("headers", {})
        response = httpx.request(method, self.url(service) + path, headers=headers, timeout=120, **more)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()


@contextlib.contextmanager
def databases(superuser_dsn: str, count: int) -> Iterator[list[str]]:
    """Make fresh databases, dropped at the end; gives their DSNs."""
    names = [f"t_{secrets.token_hex(6)}" for _ in range(count)]
    for name in names:
        ephemeral.in_own_loop(_execute(superuser_dsn, f"CREATE DATABASE {name}"))
    yield [urlunsplit(urlsplit(superuser_dsn)._replace(path=f"/{name}")) for name in names]
    for name in names:
        ephemeral.in_own_loop(_execute(superuser_dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@contextlib.contextmanager
def platform(
    home: Path,
    environ: Mapping[str, str],
    dsns: Sequence[str],
    clock: Mapping[str, str] = CLOCK,
    vault_dsn: str | None = None,
) -> Iterator[Platform]:
    """Provision and run the five services and the receivers; stops them at the end.

    With `vault_dsn` the ledger has a vault; whoever gives it has put the vault's keys where the platform keeps them.
    """
    here = {"DUBAN_HOME": str(home), "DUBAN_PORT_BASE": str(_free_block()), "DUBAN_TOPIC_REPLICATION": "1"}
    settings = load({**environ, **clock, **here})
    own = dict(zip(settings.services, dsns, strict=True))
    ephemeral.in_own_loop(provision_city.everything(settings, own))
    keys = secrets_store.read_json(settings.credentials / "keys.json")
    if clock:
        clock = {**clock, "DUBAN_CLOCK_ORIGIN_WALL": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    wanted = [programs.receivers(settings), *programs.services(settings, own, vault_dsn)]
    with contextlib.ExitStack() as stack:
        programs_by_name = {
            program.name: stack.enter_context(
                _process(program.name, program.command, home, {**program.environment, **clock})
            )
            for program in wanted
        }
        tokens = {account: entry["key"] for account, entry in keys.items()}
        running = Platform(settings, tokens, programs_by_name, own, _clock(clock))
        for service in settings.services:
            check = partial(_ready, f"{running.url(service)}/readyz")
            until(check, seconds=150, see=home / f"{service}.log")
        yield running


@contextlib.contextmanager
def prometheus(binary: Path, home: Path, running: Platform, rules: str | None = None) -> Iterator[str]:
    """Run a real Prometheus with the committed configuration, only faster; gives its address.

    `rules` is the text of a rules file in place of the committed one.
    """
    home.mkdir()
    local.lay_out(home, running.settings, every_seconds=1)
    if rules is not None:
        (home / "rules" / RULES.name).write_text(rules, encoding="utf-8")
    (port,) = free_ports(1)
    with _process("prometheus", local.command(binary, home, port), home, {}):
        url = f"http://{LOOPBACK}:{port}"
        until(lambda: _ready(f"{url}/-/ready"), seconds=150, see=home / "prometheus.log")
        yield url


def send(running: Platform, county: str, kind: str, data: Mapping[str, Any]) -> None:
    """Send one event of `county` to the gateway."""
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/county/{county}/safety-system",
        "type": kind,
        "data": {"county": county, **data},
    }
    headers = {"Content-Type": "application/cloudevents+json"}
    answer = running.call("POST", "gateway", "/v1/events", f"county-{county}", json=event, headers=headers)
    assert answer["accepted"] == 1, answer


def report(running: Platform, county: str, reference: str, *, found_on: str) -> dict[str, Any]:
    """Report a hazard and return it as the ledger has it."""
    data = {
        "reference": reference,
        "channel": "inspection",
        "sector": "hazchem",
        "enterprise": {"name": "城区示例二号燃气站（虚构）"},
        "place": "储罐区东侧",
        "description": "可燃气体探测器失效，未及时校验",
        "found_on": found_on,
    }
    send(running, county, "duban.hazard.reported.v1", data)
    return until(lambda: hazard(running, county, reference), seconds=120)


def hazard(running: Platform, county: str, reference: str, **filters: str) -> dict[str, Any]:
    """Return a county's hazard by its reference; raises AssertionError while there is none."""
    asked = {"county": county, "reference": reference} | filters
    items = running.call("GET", "ledger", "/v1/hazards", f"regulator-{county}-1", params=asked)["items"]
    assert len(items) == 1, f"{asked}: {items}"
    found: dict[str, Any] = items[0]
    return found


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """Return the result of an instant query as a vector; raises AssertionError with Prometheus' own words."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression}, timeout=120).json()
    assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def until(check: Callable[[], T], *, seconds: float, see: Path | None = None) -> T:
    """Poll until `check` stops raising AssertionError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError as error:
            if time.monotonic() > deadline:
                tail = see.read_text(encoding="utf-8", errors="replace")[-2000:] if see and see.exists() else ""
                raise AssertionError(f"{error}\n{tail}") from None
        time.sleep(0.2)


def _ready(url: str) -> None:
    try:
        response = httpx.get(url, timeout=5)
    except httpx.TransportError as error:
        raise AssertionError(f"{url}: {error!r}") from error
    assert response.status_code == 200, f"{url}: {response.text}"


@contextlib.contextmanager
def _process(name: str, command: Sequence[str], home: Path, environment: Mapping[str, str]) -> Iterator[Started]:
    program = Started(name, command, home, environment)
    program.start()
    try:
        yield program
    finally:
        program.stop()


def _clock(told: Mapping[str, str]) -> Clock:
    """The clock that services have who are told this."""
    if not told:
        return SystemClock()
    origin, wall = (datetime.fromisoformat(told[f"DUBAN_CLOCK_{name}"]) for name in ("ORIGIN", "ORIGIN_WALL"))
    return ScaledClock(rate=float(told["DUBAN_CLOCK_RATE"]), origin=origin, origin_wall=wall)


def _free_block() -> int:
    """A port base whose ports for receivers and services are free."""
    offsets = load({}).port_offsets
    return free_block([offsets[name] for name in _PORTS])


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
