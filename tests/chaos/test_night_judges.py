"""A row of the night is red for what it is there to find: played on a Prometheus and a desk that the test makes up, in no time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.night import playing
from tests.chaos.night.desk import Call
from tests.chaos.night.playing import play
from tests.chaos.night.row import Found, Row
from tests.chaos.night.stage import Stage
from tests.chaos.night.watch import Light, Shining

pytestmark = pytest.mark.pure

WANTED = "DubanPipelineStale"
EVERY = 3
State = Callable[[float], str | None]
"""What an alert is so many seconds after the fault: None, pending, firing, or kept (fires though its cause is gone)."""


class Night:
    """Time that passes by sleeping, alerts by what the test says of them, and a fault whose beginning and end are noted."""

    def __init__(self, alerts: Mapping[str, State], pages: Sequence[tuple[float, str]]) -> None:
        self.now = 1_000.0
        self.began = self.healed = float("inf")
        self.restarted_at = 0.0
        self._alerts = alerts
        self._pages = pages
        self.watch = SimpleNamespace(
            every=EVERY,
            is_short=True,
            begin_afresh=lambda: None,
            firing=lambda: self._labels("firing", "kept"),
            caused=lambda: self._labels("firing"),
            coming=lambda: self._labels("pending"),
            shone=self._shone,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def restart(self, *_services: str) -> None:
        self.restarted_at = self.now

    def stage(self) -> Stage:
        known = SimpleNamespace(
            watch=self.watch,
            desk=_Desk(self, self._pages),
            say=lambda _: None,
            restart=self.restart,
            started_at=lambda _: self.restarted_at,
        )
        return cast("Stage", known)

    @contextlib.contextmanager
    def fault(self, _stage: Stage) -> Iterator[None]:
        self.began = self.now
        yield
        self.healed = self.now

    def _labels(self, *states: str) -> list[dict[str, str]]:
        return [_label(name) for name, state in self._alerts.items() if state(self.now - self.began) in states]

    def _shone(self, since: float, until: float) -> list[Shining]:
        looks = [since + EVERY * at for at in range(int((until - since) / EVERY) + 1)]
        found = []
        for name, state in self._alerts.items():
            if seen := tuple(at for at in looks if state(at - self.began) in {"firing", "kept"}):
                found.append(Shining(_label(name), seen))
        return found


class _Desk(SimpleNamespace):
    """Calls that came by now."""

    def __init__(self, night: Night, pages: Sequence[tuple[float, str]]) -> None:
        super().__init__(closed=False, mails=list)
        self._night, self._pages = night, pages

    @property
    def calls(self) -> list[Call]:
        came = [(at, name) for at, name in self._pages if at <= self._night.now - self._night.began]
        return [Call(self._night.began + at, "firing", name, ((name, "critical", "firing"),)) for at, name in came]


def _label(name: str) -> dict[str, str]:
    return {"alertname": name, "severity": "critical"}


def _played(
    monkeypatch: pytest.MonkeyPatch,
    alerts: Mapping[str, State],
    *,
    pages: Sequence[tuple[float, str]] = ((100, WANTED),),
    **more: Any,
) -> Found:
    night = Night(alerts, pages)
    clock = SimpleNamespace(sleep=night.sleep, time=lambda: night.now, monotonic=lambda: night.now)
    monkeypatch.setattr(playing, "time", clock)
    row = Row("x", "a fault", night.fault, (Light(WANTED),), quiet=("DubanCrashLoop",), restart=("ledger",), **more)
    return play(night.stage(), row, hold=15)


def _until(seconds: float, *, since: float = 90, then: str | None = None) -> State:
    return lambda at: "firing" if since <= at < seconds else then if at >= seconds else None


def test_a_row_holds_whose_alert_fires_goes_on_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _played(monkeypatch, {WANTED: _until(140, then="kept")})
    assert found.holds, found.wrong
    assert (round(found.fired[WANTED]), found.restarted) == (90, True)
    assert found.cleared is not None


@pytest.mark.parametrize(
    ("alerts", "more", "wrong"),
    [
        ({}, {}, "did not fire within"),
        ({WANTED: _until(9_999)}, {}, "still fires"),
        ({WANTED: _until(140), "DubanCrashLoop": _until(110, since=95)}, {}, "DubanCrashLoop fired and must not"),
        (
            {WANTED: lambda at: "firing" if 90 <= at < 112 else "kept" if 112 <= at < 400 else None},
            {},
            "not seen again",
        ),
        ({WANTED: lambda at: "firing" if 90 <= at < 92 or 126 <= at < 150 else None}, {}, "was silent for"),
        ({WANTED: _until(140)}, {"pages": ((100, WANTED), (101, "A"), (102, "B"))}, "3 pages"),
        ({WANTED: _until(140)}, {"pages": ()}, "nobody was called"),
        ({WANTED: _until(140), "DubanSpaceEnding": lambda _: "firing"}, {}, "not calm before"),
    ],
)
def test_a_row_is_red_for_what_it_is_there_to_find(
    monkeypatch: pytest.MonkeyPatch, alerts: Mapping[str, State], more: Mapping[str, Any], wrong: str
) -> None:
    found = _played(monkeypatch, alerts, **more)
    assert not found.holds
    assert any(wrong in each for each in found.wrong), found.wrong


def test_a_row_that_is_played_to_its_end_waits_until_nothing_keeps_the_alert_firing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: State = lambda at: "firing" if 90 <= at < 140 else "kept" if 140 <= at < 260 else None  # noqa: E731
    short, whole = (_played(monkeypatch, {WANTED: kept}, to_the_end=end) for end in (False, True))
    assert short.cleared is not None
    assert whole.cleared is not None
    assert whole.cleared > short.cleared + 100


def test_a_budget_that_burned_before_is_no_page_of_this_row(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = ((100, WANTED), (101, "A"), (102, "DubanBudgetBurningFast"))
    burnt = {WANTED: _until(140), "DubanBudgetBurningFast": lambda _: "firing"}
    assert _played(monkeypatch, burnt, pages=pages).holds
    assert not _played(monkeypatch, {WANTED: _until(140)}, pages=pages).holds


def test_a_budget_that_a_restart_uses_up_of_short_windows_is_no_page_and_one_that_burned_for_the_fault_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Somebody is called after 100 s, it is watched for 15 s, and then the restart begins.
    for at, holds in ((105, False), (120, True)):
        pages = ((100, WANTED), (101, "A"), (at, "DubanBudgetBurningFast"))
        assert _played(monkeypatch, {WANTED: _until(140)}, pages=pages).holds is holds
