"""Domain time and wall time, and what a service is told from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.chassis.process.clock import ScaledClock, SystemClock
from services.chassis.process.settings import ServiceSettings
from services.chassis.testing.clock import ManualClock

ORIGIN = datetime(2026, 3, 1, tzinfo=UTC)
WALL = datetime(2026, 11, 21, 8, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@given(
    st.floats(0.01, 100_000, allow_nan=False),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
)
def test_wall_at_is_the_inverse_of_at(rate: float, since: timedelta) -> None:
    clock = ScaledClock(rate=rate, origin=ORIGIN, origin_wall=WALL)
    instant = WALL + since
    # One microsecond of rounding in domain time is 1/rate microseconds of wall time.
    assert abs(clock.wall_at(clock.at(instant)) - instant) <= max(1, 1 / rate) * 2 * MICROSECOND


@given(
    st.floats(0.01, 100_000),
    st.timedeltas(timedelta(0), timedelta(days=2)),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_a_scaled_clock_never_turns_two_instants_around(rate: float, a: timedelta, b: timedelta) -> None:
    clock = ScaledClock(rate=rate, origin=ORIGIN, origin_wall=WALL)
    first, second = sorted((WALL + a, WALL + b))
    assert clock.at(first) <= clock.at(second)


def test_a_scaled_clock_stands_at_its_origin_and_runs_at_its_rate() -> None:
    shanghai = timezone(timedelta(hours=8))
    clock = ScaledClock(rate=28_800, origin=ORIGIN.astimezone(shanghai), origin_wall=WALL)
    assert clock.at(WALL) == ORIGIN
    assert clock.at(WALL + timedelta(seconds=3)) == ORIGIN + timedelta(days=1)
    assert clock.at(WALL).utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="rate"):
        ScaledClock(rate=0, origin=ORIGIN, origin_wall=WALL)


def test_a_manual_clock_moves_only_when_it_is_moved() -> None:
    clock = ManualClock(ORIGIN)
    clock.advance(timedelta(days=2))
    assert clock.now() == clock.wall() == clock.at(clock.wall_at(ORIGIN + timedelta(days=2)))
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 3, 1))  # noqa: DTZ001


def test_settings_come_from_the_environment_and_describe_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", "postgresql://u@127.0.0.1/d")
    monkeypatch.setenv("DUBAN_HTTP_PORT", "18081")
    monkeypatch.setenv("DUBAN_PROFILE", "/somewhere")
    plain = ServiceSettings()  # type: ignore[call-arg]
    assert isinstance(plain.clock(), SystemClock)
    assert plain.profile == Path("/somewhere")
    monkeypatch.setenv("DUBAN_CLOCK_RATE", "28800")
    monkeypatch.setenv("DUBAN_CLOCK_ORIGIN", ORIGIN.isoformat())
    monkeypatch.setenv("DUBAN_CLOCK_ORIGIN_WALL", WALL.isoformat())
    scaled = ServiceSettings().clock()  # type: ignore[call-arg]
    assert scaled.at(WALL + timedelta(seconds=3)) == ORIGIN + timedelta(days=1)


def test_a_complaint_about_settings_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", "postgresql://ledger:top-secret@127.0.0.1/ledger")
    monkeypatch.delenv("DUBAN_HTTP_PORT", raising=False)
    with pytest.raises(ValidationError) as caught:
        ServiceSettings()  # type: ignore[call-arg]
    assert "http_port" in str(caught.value)
    assert "top-secret" not in str(caught.value)


@pytest.mark.parametrize("trusted", ["", "127.0.0.1", "10.0.0.0/8, 192.0.2.1,fd00::/8", "::1"])
def test_proxies_are_trusted_by_address_and_network(trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _trusting(trusted, monkeypatch).trusted_proxies == trusted


@pytest.mark.parametrize(
    "trusted", ["*", "127.0.0.1, *", "0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.0/33", "proxy", "10.0.0"]
)
def test_nobody_trusts_everybody_or_mistypes_whom_he_trusts(trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        _trusting(trusted, monkeypatch)


def _trusting(trusted: str, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", "postgresql://u@127.0.0.1/d")
    monkeypatch.setenv("DUBAN_HTTP_PORT", "18081")
    monkeypatch.setenv("DUBAN_TRUSTED_PROXIES", trusted)
    return ServiceSettings()  # type: ignore[call-arg]
