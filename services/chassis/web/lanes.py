"""What can't be served at once is refused at once: 503 `too-busy` with Retry-After, and nothing was done.

Reads and commands have a lane each, so that a flood of one kind leaves the other alone. A lane has so many seats, and a
request holds one from its head to its answer, a large body more of them as its bytes arrive: what is only announced holds
none, since nothing is known of its sender yet. The last quarter of a lane is for those with little. Whoever waits for
news (`Prefer: wait`, a stream) costs next to nothing, and gives its seat back meanwhile. Nobody may hold more seats than
are left to all others together (the dynamic threshold of Choudhury and Hahne, IEEE/ACM ToN 6(2), 1998): a single caller gets half of a lane, two
a third each, and whoever comes with little always finds a seat. Callers are told apart by what they show, unread; those of
whom nobody was admitted lately are one, since whoever makes keys up has as many as he likes.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import msgspec
import structlog
from fastapi import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duban_contracts.refusals import PROBLEM_CONTENT_TYPE, problem_body, refusal
from services.chassis.telemetry import metrics
from services.chassis.web.known import AdmissionCache, sender_of_request
from services.chassis.web.observed import PROBES
from services.chassis.web.problems import Problem

_log = structlog.get_logger(__name__)

MOST: Final = 256
"""Seats of each lane: four rounds' worth of commands, and half a second's of reads."""
LONGEST_RETRY: Final = 30
SEAT_BYTES: Final = 64 * 1024
# Of a lane, for one body: a county's largest batch must find a place at all.
_LARGEST_SHARE: Final = 4
# Of a lane, what no large body may take: a few that are sent slowly would close it to everybody.
_LEFT_TO_LITTLE: Final = 4
_TOO_BUSY: Final = msgspec.json.encode(problem_body(refusal("too-busy")))
_READS: Final = frozenset({"GET", "HEAD"})


class Seat:
    """A request's place in its lane."""

    __slots__ = ("_has_left", "_lane", "_party", "_weight", "is_held")

    def __init__(self, lane: Lane, party: bytes) -> None:
        self._lane, self._party, self._weight = lane, party, 1
        self.is_held, self._has_left = False, False

    def take(self) -> None:
        """Hold it; one that was left stays so, whatever still ends behind its request."""
        if not self.is_held and not self._has_left:
            self.is_held = True
            self._lane.add(self._party, self._weight)

    def give_back(self) -> None:
        """Leave it to others for a while."""
        if self.is_held:
            self.is_held = False
            self._lane.add(self._party, -self._weight)

    def leave(self) -> None:
        """Leave it to others for good."""
        self.give_back()
        self._has_left = True

    def weigh(self, size: int) -> bool:
        """Hold what a body takes of which `size` bytes have come; say whether there is room for that."""
        more = self._lane.weight_of(size) - self._weight
        if more <= 0:
            return True
        if not self._lane.has_room(self._party, more, is_large=True):
            return False
        self._weight += more
        if self.is_held:
            self._lane.add(self._party, more)
        return True


class Lane:
    """The seats for one kind of request; `now` gives seconds of a clock that never goes back."""

    def __init__(self, name: str, most: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._name, self._most, self._now = name, most, now
        self._held = Counter[bytes]()
        self._taken = 0
        # Only what is served while others find no seat says how fast that goes.
        self._crowded_since: float | None = None
        self._crowded_last, self._served, self._rate = -math.inf, 0, float(most)
        self._next = 0.0
        self._told_at, self._refused = -math.inf, 0
        # Asked when somebody looks, in place of told twice a request.
        metrics.HTTP_UNDER_WAY.labels(name).set_function(lambda: self._taken)
        self._turned_away = metrics.HTTP_TURNED_AWAY.labels(name)

    def seat(self, party: bytes, size: int) -> Seat | None:
        """Return a seat, held, for a request of `party` that announces `size` bytes (0: nobody knows), or None.

        None, too, where there would be no room for those at present; they are held as they come (`Seat.weigh`).
        """
        weight = self.weight_of(size)
        if not self.has_room(party, weight, is_large=weight > 1):
            return None
        seat = Seat(self, party)
        seat.take()
        return seat

    def weight_of(self, size: int) -> int:
        """Return how many seats a body of `size` bytes takes."""
        return min(max(1, self._most // _LARGEST_SHARE), 1 + size // SEAT_BYTES)

    def has_room(self, party: bytes, more: int, *, is_large: bool) -> bool:
        """Say whether a party may take so many more seats."""
        left = self._most - self._taken
        if is_large and more > left - self._most // _LEFT_TO_LITTLE:
            return False
        return self._held[party] + more <= left

    def add(self, party: bytes, weight: int) -> None:
        """Count seats that a party takes, or gives back."""
        self._taken += weight
        self._held[party] += weight
        if self._held[party] <= 0:
            del self._held[party]
        if not self._taken:
            self._crowded_since = None

    def served(self) -> None:
        """Note that one more was answered: by these it is reckoned when others may come back."""
        if self._crowded_since is None:
            return
        self._served += 1
        passed = self._now() - self._crowded_since
        if passed >= 1:
            self._rate = max(1.0, self._served / passed)
            self._crowded_since = None

    def turn_away(self) -> int:
        """Return after how many whole seconds somebody who finds no seat may come back, behind those told so before."""
        now = self._now()
        if self._crowded_since is None:
            if now - self._crowded_last > LONGEST_RETRY:
                # What was slow long ago says nothing of now: a lane's seats are served in about a second.
                self._rate = float(self._most)
            self._crowded_since, self._served = now, 0
        self._crowded_last = now
        self._next = max(self._next, now) + 1 / self._rate
        self._turned_away.inc()
        self._refused += 1
        if now - self._told_at >= 1:
            _log.warning("requests are turned away", lane=self._name, requests=self._refused, seats=self._most)
            self._told_at, self._refused = now, 0
        self._next = min(self._next, now + LONGEST_RETRY)
        return max(1, math.ceil(self._next - now))


_seat: ContextVar[Seat | None] = ContextVar("seat", default=None)


@contextmanager
def resting() -> Iterator[None]:
    """Leave the request's seat to others while the block waits. It comes back without being asked for."""
    seat = _seat.get()
    if seat is None or not seat.is_held:
        yield
        return
    seat.give_back()
    try:
        yield
    finally:
        seat.take()


class Lanes:
    """Middleware, outermost: turns away what finds no seat, before its body is read or while it comes. Probes need none."""

    def __init__(self, app: ASGIApp, most: int = MOST) -> None:
        self._app = app
        self._reads, self._commands = Lane("reads", most), Lane("commands", most)
        self._known = AdmissionCache()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        lane = self._reads if scope["method"] in _READS else self._commands
        shown, size = _who_and_how_much(scope)
        seat = lane.seat(self._known.party_of(shown), size or 0)
        if seat is None:
            metrics.HTTP_REQUESTS.labels(scope["method"], "turned-away", "503").inc()
            headers = {"Retry-After": str(lane.turn_away())}
            await Response(_TOO_BUSY, 503, headers, PROBLEM_CONTENT_TYPE)(scope, receive, send)
            return
        token, sender = _seat.set(seat), sender_of_request.set((self._known, shown))
        try:
            is_small = size is not None and size < SEAT_BYTES
            await self._app(scope, receive if is_small else _weighed(receive, seat, lane), send)
        finally:
            sender_of_request.reset(sender)
            _seat.reset(token)
            seat.leave()
            lane.served()


def _weighed(receive: Receive, seat: Seat, lane: Lane) -> Receive:
    """Return where a body is read that takes seats as it comes: Problem 503 to whoever reads on where none is left."""
    size = 0

    async def weighed() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if not seat.weigh(size):
            raise Problem("too-busy", headers={"Retry-After": str(lane.turn_away())})
        return message

    return weighed


def _who_and_how_much(scope: Scope) -> tuple[bytes, int | None]:
    """Return what a request shows of its sender, and the bytes of its body, None where it doesn't say."""
    shown, size, is_chunked = b"", 0, False
    for name, value in scope["headers"]:
        # The first, which is the one that is looked at: else one key could come as any number of callers.
        if name == b"authorization" and not shown:
            shown = value
        elif name == b"content-length" and value.isdigit():
            size = int(value)
        elif name == b"transfer-encoding":
            is_chunked = True
    return shown, None if is_chunked else size
