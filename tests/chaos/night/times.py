"""The committed rules and routes in a shorter time, so that a row takes a minute and not ten.

A factor divides every pause, range and offset that is longer than a minute, which stays a minute at least, and of the ages those of a
letter that waits and of an audit that comes round each minute. What is shorter, and how long an alert outlasts its cause
(`keep_firing_for`), stands against what happens at its own pace: a restart, a beat each second, keys each five minutes. Nothing
else differs; factor 1 is what is committed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SHORTEST: Final = 60
# A root is seen some evaluations after what follows from it.
_SHORTEST_WAIT: Final = 10
_DURATION: Final = r"(\d+)([smhd])"
_ROUTE_TIMES: Final = ("group_wait", "group_interval")
# Whose age is divided, and to what at least: three rounds of an audit.
_AGES: Final = {"duban_notice_oldest_pending": 1, 'duban_audit_timestamp_seconds\\{audit!="planning"': 180}


def divided_rules(text: str, factor: int) -> str:
    """Return a rules file with its times divided by `factor`, those above a minute, none to less than one."""
    if factor == 1:
        return text

    def shorter(match: re.Match[str]) -> str:
        return f"{match[1]}{_divided(match[2], match[3], factor)}{match[4]}"

    def younger(shortest: int) -> Callable[[re.Match[str]], str]:
        return lambda match: f"{match[1]}{max(shortest, int(match[2]) // factor)}"

    text = re.sub(rf"((?<!keep_firing_)for: ){_DURATION}()\b", shorter, text)
    text = re.sub(rf"(\[){_DURATION}(\])", shorter, text)
    text = re.sub(rf"(offset ){_DURATION}()\b", shorter, text)
    for told, shortest in _AGES.items():
        text = re.sub(rf"(time\(\) - .*{told}.*> )(\d+)$", younger(shortest), text, flags=re.MULTILINE)
    return text


def divided_route(route: dict[str, Any], factor: int) -> dict[str, Any]:
    """Return a route of Alertmanager, and those below it, that waits `factor` times shorter; it repeats as ever."""
    times = {}
    for name in _ROUTE_TIMES:
        if (found := re.fullmatch(_DURATION, str(route.get(name, "")))) and factor > 1 and found[1] != "0":
            times[name] = _divided(found[1], found[2], factor, shortest=_SHORTEST_WAIT)
    below = {"routes": [divided_route(each, factor) for each in route["routes"]]} if "routes" in route else {}
    return {**route, **times, **below}


def _divided(number: str, unit: str, factor: int, *, shortest: int = _SHORTEST) -> str:
    seconds = int(number) * _SECONDS[unit]
    return f"{max(min(seconds, shortest), seconds // factor)}s"
