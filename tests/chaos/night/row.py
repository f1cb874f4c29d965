"""One row of the night: a fault, the alerts that name it and in which time, what stays quiet, a restart; and what was seen of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.night.desk import Call
from tests.chaos.night.faults import Fault
from tests.chaos.night.watch import Labels, Light

_PAGES: Final = 2
_WAKING: Final = ("critical", "firing")


@dataclass(frozen=True, slots=True)
class Row:
    """What is done and what must follow. Times are wall seconds as of the committed rules."""

    name: str
    told: str  # the fault, for people
    fault: Fault
    fires: tuple[Light, ...]
    within: float = 180
    quiet: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()  # what rightly fires beside, for a row that is played with others
    restart: tuple[str, ...] = ()
    clears: float = 420
    pages: int = _PAGES
    needs: str = ""  # what the platform must be for it: "three brokers"
    passing: tuple[str, ...] = ()  # alerts of an event, not of a state: they clear by themselves
    to_the_end: bool = False  # wait until it is gone also where the rules' times are short: who is called meanwhile?

    @property
    def lasting(self) -> tuple[Light, ...]:
        """Return the alerts that fire as long as the fault is there."""
        return tuple(light for light in self.fires if light.name not in self.passing)


@dataclass
class Found:
    """What was seen of one row."""

    row: Row
    fired: dict[str, float] = field(default_factory=dict)  # seconds from the fault
    cleared: float | None = None  # seconds from the healing, until the last of them was gone (short: its cause)
    restarted: bool = False
    restarted_at: float | None = None  # wall, when the restart began
    restart_seconds: float = 0.0  # until Prometheus saw the new ones
    pages: list[Call] = field(default_factory=list)
    mails: int = 0
    also: list[str] = field(default_factory=list)  # what fired besides
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything was as declared."""
        return not self.wrong


def names(calls: Iterable[Call]) -> list[str]:
    """Return what was told in critical calls, in order, each alert once."""
    told = [name for call in calls for name, severity, status in call.alerts if (severity, status) == _WAKING]
    return list(dict.fromkeys(told))


def told(labels: Labels) -> str:
    """Return an alert as a table says it: its name and what of."""
    about = [
        labels[key] for key in ("service", "consumer", "channel", "topic", "dependency", "county") if key in labels
    ]
    return f"{labels['alertname']}({', '.join(about)})" if about else labels["alertname"]
