"""A real Prometheus and a real Alertmanager beside the platform, and what they said when."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK, Settings
from deploy.prometheus import alerting, local, tools
from tests.chaos.night.desk import Desk
from tests.chaos.night.times import divided_route, divided_rules

_ALWAYS: Final = "DubanDeadMansSwitch"
_COMMITTED_SECONDS: Final = 15
SHORT_SECONDS: Final = 3
_ATTEMPTS: Final = 5

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Light:
    """An alert by its name and some of its labels."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    def is_in(self, labels: Labels) -> bool:
        """Whether a series of Prometheus' ALERTS is this one."""
        return labels["alertname"] == self.name and all(labels.get(key) == value for key, value in self.labels)

    def __str__(self) -> str:
        told = ", ".join(value for _, value in self.labels)
        return f"{self.name}({told})" if told else self.name


@dataclass(frozen=True, slots=True)
class Shining:
    """One alert that fired: its labels, and the wall times of every evaluation that saw it."""

    labels: Labels
    seen: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """Where Prometheus answers, how often it looks, and whether its rules' times are the committed ones."""

    url: str
    every: int
    is_short: bool
    begin_afresh: Callable[[], None]
    """Start both anew: what was measured is kept, what fired is forgotten unless its cause is still there."""

    def firing(self) -> list[Labels]:
        """Return the labels of every alert that fires now, but for the dead man's switch."""
        return [each["labels"] for each in self._alerts() if each["state"] == "firing"]

    def caused(self) -> list[Labels]:
        """Return the labels of every alert that fires now and whose cause is seen now: none that `keep_firing_for` only keeps."""
        alerts = self._alerts()
        return [each["labels"] for each in alerts if each["state"] == "firing" and "keepFiringSince" not in each]

    def coming(self) -> list[Labels]:
        """Return the labels of every alert whose cause is seen, and that does not fire yet."""
        return [each["labels"] for each in self._alerts() if each["state"] == "pending"]

    def _alerts(self) -> list[Any]:
        return [each for each in self._ask("alerts")["alerts"] if each["labels"]["alertname"] != _ALWAYS]

    def shone(self, since: float, until: float) -> list[Shining]:
        """Return every alert that fired between two wall times."""
        asked = {
            # Not for the five minutes that a last sample counts: a Prometheus that began anew ended no series.
            "query": f'last_over_time(ALERTS{{alertstate="firing",alertname!="{_ALWAYS}"}}[{2 * self.every}s])',
            "start": f"{since:.3f}",
            "end": f"{until:.3f}",
            "step": str(self.every),
        }
        return [
            Shining(series["metric"], tuple(float(at) for at, _ in series["values"]))
            for series in self._ask("query_range", asked)["result"]
        ]

    def value(self, expression: str) -> float | None:
        """Return the first value of an instant query, None when nothing answers it."""
        found = self._ask("query", {"query": expression})["result"]
        return float(found[0]["value"][1]) if found else None

    def _ask(self, what: str, asked: Mapping[str, str] | None = None) -> Any:
        """Ask the API, again when a busy machine is slow to answer."""
        for attempt in range(_ATTEMPTS):
            try:
                return httpx.get(f"{self.url}/api/v1/{what}", params=asked, timeout=60).json()["data"]
            except httpx.TransportError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(1)
        raise AssertionError("not reached")


@contextlib.contextmanager
def watching(settings: Settings, desk: Desk, factor: int) -> Iterator[Watch]:
    """Run both on free ports, with the committed rules and routes in `factor` times less time. Raises `Trouble`."""
    home = settings.home / "watch"
    every = _COMMITTED_SECONDS if factor == 1 else SHORT_SECONDS
    prometheus_port, alertmanager_port = free_ports(2)
    local.lay_out(home, settings, every_seconds=None if factor == 1 else every, alertmanager_port=alertmanager_port)
    for file in (home / "rules").glob("*.yml"):
        file.write_text(divided_rules(file.read_text(encoding="utf-8"), factor), encoding="utf-8")
    configured = yaml.safe_dump(routed(desk, factor), allow_unicode=True)
    (home / "alertmanager.yml").write_text(configured, encoding="utf-8")
    pair = _Pair(home, prometheus_port, alertmanager_port)
    pair.start()
    try:
        yield Watch(f"http://{LOOPBACK}:{prometheus_port}", every, factor != 1, pair.begin_afresh)
    finally:
        pair.stop()


class _Pair:
    """The two processes."""

    def __init__(self, home: Path, prometheus_port: int, alertmanager_port: int) -> None:
        binary = tools.ensure("prometheus-alertmanager")
        self._home = home
        self._ports = (alertmanager_port, prometheus_port)
        self._commands = (
            (local.alertmanager(binary, home, alertmanager_port), binary.parent),
            (local.command(tools.ensure("prometheus"), home, prometheus_port), home),
        )
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start both, and wait until they answer."""
        for command, directory in self._commands:
            with (self._home / f"{Path(command[0]).name}.log").open("ab") as log:
                self._running.append(subprocess.Popen(command, cwd=directory, stdout=log, stderr=subprocess.STDOUT))
        for port in self._ports:
            _wait(f"http://{LOOPBACK}:{port}/-/ready")

    def stop(self) -> None:
        """Stop both."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(60)
        self._running.clear()

    def begin_afresh(self) -> None:
        """Start both anew, Alertmanager without what it was told: Prometheus' series are kept, not what kept firing."""
        self.stop()
        shutil.rmtree(self._home / "alertmanager", ignore_errors=True)
        self.start()


def routed(desk: Desk, factor: int) -> dict[str, Any]:
    """Return the committed configuration of Alertmanager, with the desk behind every receiver."""
    configured: dict[str, Any] = yaml.safe_load(alerting.with_receivers(desk.receivers()))
    # The night is played at any hour: its letters come at once.
    hours = [{**each, "time_intervals": [{"weekdays": ["sunday:saturday"]}]} for each in configured["time_intervals"]]
    return {**configured, "route": divided_route(configured["route"], factor), "time_intervals": hours}


def _wait(url: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5).is_success:
                return
        time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within {seconds:.0f} s")
