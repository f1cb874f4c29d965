"""Plays one row: breaks, waits for the alert and the call, restarts, heals, waits for the end, and judges all of it."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

import asyncpg
import httpx
import psutil

from deploy.local.trouble import Trouble
from tests.chaos.night.desk import Call
from tests.chaos.night.row import Found, Row, told
from tests.chaos.night.stage import Stage
from tests.chaos.night.watch import Labels

_SERVERS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, psutil.Error, httpx.HTTPError)
_TROUBLES: Final = (Trouble, LookupError, RuntimeError, ValueError, *_SERVERS)
_BUDGET: Final = "DubanBudget"
_CALM_SECONDS: Final = 600
_CALL_SECONDS: Final = 120
_RESTARTED_SECONDS: Final = 420
# On a machine that takes this long to start a service, alerts about what lasts end, and it is rightly told that it is not there.
_SLOW_SECONDS: Final = 60
_OF_A_RESTART: Final = ("DubanTargetDown", "DubanServiceDown", "DubanConsumerMissing", "DubanConsumerNotReading")
# Prometheus' evaluations are a pause apart; of neighbours some may be late on a busy machine. An alert that was silent is so
# for its `for` at least.
_GAP_EVALUATIONS: Final = 4
_GAP_SECONDS: Final = 20
_LOOKS: Final = 3  # evaluations after which a Prometheus that began anew knows what is pending


def play(stage: Stage, row: Row, *, hold: float) -> Found:
    """Play one row on a calm platform; `hold` is for how many seconds it is watched before and after the restart.

    Where the rules' times are short, a row begins with a Prometheus and an Alertmanager that forgot what only kept firing, and
    ends when the cause of its alerts is gone, unless it is played to the end. What can't be played is a row that does not
    hold, and the night goes on.
    """
    found = Found(row)
    try:
        _play(stage, row, found, hold)
    except _TROUBLES as error:
        found.wrong.append(f"could not be played: {error!r}")
    return found


def _play(stage: Stage, row: Row, found: Found, hold: float) -> None:
    if stage.watch.is_short:
        stage.watch.begin_afresh()
    if left := _calm(stage):
        found.wrong.append(f"not calm before: {', '.join(left)}")
        return
    calls, mails = len(stage.desk.calls), len(stage.desk.mails())
    burnt = any(map(_is_budget, [*stage.watch.firing(), *stage.watch.coming()]))
    began = time.time()
    with row.fault(stage):
        _wait_for_all(stage, found, began)
        if not found.wrong:
            _wait_for_call(stage, found, calls)
            time.sleep(hold)
            _restart(stage, found, hold)
        healed = time.time()
    _wait_until_clear(stage, found, healed)
    _judge(stage, found, began, healed)
    # A budget that an earlier row used up is that row's page; what a slow restart gives is the machine's.
    others = (*([_BUDGET] if burnt else []), *(_OF_A_RESTART if found.restart_seconds > _SLOW_SECONDS else ()))
    found.pages = [
        call
        for call in stage.desk.calls[calls:]
        if call.wakes and not any(name in call.group for name in others) and not _is_share(stage, found, call)
    ]
    found.mails = len(stage.desk.mails()) - mails
    if len(_groups(found.pages)) > row.pages:
        found.wrong.append(f"{len(_groups(found.pages))} pages: {', '.join(sorted(_groups(found.pages)))}")


def _is_share(stage: Stage, found: Found, call: Call) -> bool:
    """Whether a budget burns for the restart in the middle, and does so because the windows are short.

    A restart takes as long as ever: ten seconds without a gateway are 0.3 % of the hour, which is no page, and 3 % of six
    minutes, which is one.
    """
    after = found.restarted_at is not None and call.at >= found.restarted_at
    return stage.watch.is_short and after and _BUDGET in call.group


def _groups(calls: Sequence[Call]) -> set[str]:
    return {call.group for call in calls}


def _other(firing: Sequence[Labels]) -> list[Labels]:
    """Leave out the budgets: what one row used up burns for as long as their windows, an hour and more."""
    return [labels for labels in firing if not _is_budget(labels)]


def _is_budget(labels: Labels) -> bool:
    return labels["alertname"].startswith(_BUDGET)


def _calm(stage: Stage) -> list[str]:
    """Wait until nothing fires, and nothing is about to that would call somebody; return what still fires."""
    time.sleep(_LOOKS * stage.watch.every)
    deadline = time.monotonic() + _CALM_SECONDS
    while time.monotonic() < deadline:
        coming = [each for each in stage.watch.coming() if each["severity"] == "critical"]
        if not _other([*stage.watch.firing(), *coming]):
            return []
        time.sleep(1)
    return [told(each) for each in _other(stage.watch.firing())]


def _wait_for_all(stage: Stage, found: Found, began: float) -> None:
    waiting = {str(light): light for light in found.row.fires}
    while waiting:
        firing = stage.watch.firing()
        for name, light in list(waiting.items()):
            if any(light.is_in(labels) for labels in firing):
                found.fired[name] = time.time() - began
                stage.say(f"  {found.fired[name]:5.0f} s  {name}")
                del waiting[name]
        if time.time() - began > found.row.within and waiting:
            found.wrong += [f"{name} did not fire within {found.row.within:.0f} s" for name in waiting]
            return
        time.sleep(0.5)


def _wait_for_call(stage: Stage, found: Found, before: int) -> None:
    """One of the row's alerts has to reach somebody, by the webhook."""
    wanted = {light.name for light in found.row.fires}
    if not wanted:
        return
    deadline = time.monotonic() + _CALL_SECONDS
    while time.monotonic() < deadline:
        if any(name in wanted for call in stage.desk.calls[before:] for name, _, _ in call.alerts):
            return
        if stage.desk.closed:
            return
        time.sleep(0.5)
    found.wrong.append(f"nobody was called within {_CALL_SECONDS} s")


def _restart(stage: Stage, found: Found, hold: float) -> None:
    row = found.row
    if not row.restart:
        return
    before = {service: stage.started_at(service) for service in row.restart}
    began, found.restarted_at = time.monotonic(), time.time()
    stage.restart(*row.restart)
    deadline = time.monotonic() + _RESTARTED_SECONDS
    while time.monotonic() < deadline and not found.restarted:
        found.restarted = all(stage.started_at(service) > at for service, at in before.items())
        time.sleep(0.5)
    if not found.restarted:
        found.wrong.append(f"{', '.join(row.restart)} did not come back")
    found.restart_seconds = time.monotonic() - began
    stage.say(f"  {', '.join(row.restart)} restarted in the middle, within {found.restart_seconds:.0f} s")
    _wait_until_seen_again(stage, found)
    time.sleep(hold)


def _wait_until_seen_again(stage: Stage, found: Found) -> None:
    """What fires after a restart fires for its cause, not only because `keep_firing_for` keeps it."""
    deadline = time.monotonic() + _RESTARTED_SECONDS
    while missing := [str(light) for light in found.row.lasting if not any(map(light.is_in, stage.watch.caused()))]:
        if time.monotonic() > deadline:
            found.wrong += [f"{name} is not seen again after the restart" for name in missing]
            return
        time.sleep(0.5)


def _wait_until_clear(stage: Stage, found: Found, healed: float) -> None:
    gone = stage.watch.firing if found.row.to_the_end or not stage.watch.is_short else stage.watch.caused
    while time.time() - healed < found.row.clears:
        left = [labels for labels in gone() if _expected(found.row, labels)]
        if not left:
            found.cleared = time.time() - healed
            return
        time.sleep(0.5)
    found.wrong += [f"{told(labels)} still fires {found.row.clears:.0f} s after" for labels in left]


def _judge(stage: Stage, found: Found, began: float, healed: float) -> None:
    """What Prometheus itself kept: that what fired went on firing, and what must be quiet was."""
    row, shone = found.row, stage.watch.shone(began, time.time())
    for name in sorted({each.labels["alertname"] for each in shone} & set(row.quiet)):
        found.wrong.append(f"{name} fired and must not")
    for light in row.lasting:
        seen = sorted({at for each in shone if light.is_in(each.labels) for at in each.seen if at <= healed})
        gap = max(_longest_gap(seen), healed - seen[-1]) if seen else 0.0
        slow = found.restart_seconds if found.restart_seconds > _SLOW_SECONDS else 0.0
        if gap > max(_GAP_SECONDS, _GAP_EVALUATIONS * stage.watch.every, slow):
            found.wrong.append(f"{light} was silent for {gap:.0f} s while it was broken")
    beside = Counter(each.labels["alertname"] for each in shone if not _expected(row, each.labels))
    found.also = [name if number == 1 else f"{name} ×{number}" for name, number in sorted(beside.items())]


def _expected(row: Row, labels: Labels) -> bool:
    return any(light.is_in(labels) for light in row.fires)


def _longest_gap(seen: Sequence[float]) -> float:
    return max((after - before for before, after in itertools.pairwise(seen)), default=0.0)
