"""What somebody does in one request, as the trail will tell it: noted where it becomes known, whoever notes it (SY66).

The request's context carries its `Act`. A round of several requests (`storage.rounds`) carries all of theirs, so that what
it commits can be put down to each. Nothing here writes anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

# So that one request can't make a row of any size; a batch of a county's events holds as many at most.
MOST_EVENTS: Final = 1000
MOST_OBJECTS: Final = 50
_LONGEST: Final = 200
_READS: Final = frozenset({"GET", "HEAD"})


class Mark(NamedTuple):
    """How far an act had come when a transaction began."""

    events: int
    objects: int
    status: int | None


class Act:
    """One request: who, from where, what, on what, and how it ended, as far as that is known by now."""

    __slots__ = (
        "account",
        "action",
        "at",
        "code",
        "credential",
        "events",
        "has_ended",
        "is_committed",
        "is_kept_by_answer",
        "is_protected",
        "is_rehearsal",
        "is_repeated",
        "is_veiled",
        "objects",
        "outlives_its_request",
        "reason",
        "role",
        "scope",
        "status",
        "told",
        "trace",
    )

    def __init__(self, scope: MutableMapping[str, Any], trace: str | None) -> None:
        self.scope = scope
        """The request as ASGI describes it; the route and its parameters appear in it once they are found."""
        self.at = datetime.fromtimestamp(time.time(), UTC)
        """Wall time."""
        self.trace = trace
        self.action: str | None = None
        self.account: str | None = None
        self.role: str | None = None
        self.credential: str | None = None
        self.reason: str | None = None
        """Why access was refused."""
        self.code: str | None = None
        """The code of the problem that it was answered with."""
        self.status: int | None = None
        """The status that is kept with its effect."""
        self.is_protected = False
        """Whether a read of it shows data that not everybody may see."""
        self.is_veiled = False
        """Whether nobody may learn who did it: nothing of it is kept."""
        self.is_kept_by_answer = False
        """Whether only the answer that its transaction keeps says that it was carried out."""
        self.is_repeated = False
        """Whether it was carried out before, and got its first answer again."""
        self.is_rehearsal = False
        """Whether it only asks what would become of it; nothing of it is kept."""
        self.is_committed = False
        """Whether its row is committed, with its effect."""
        self.has_ended = False
        self.outlives_its_request = False
        """Whether it is carried out to its end whether or not anybody still waits for the answer."""
        self.told = 0
        """How many of its events stand in committed rows."""
        self.objects: dict[str, None] = {}
        self.events: list[str] = []

    @property
    def is_read(self) -> bool:
        """Whether it asks and changes nothing."""
        return self.scope["method"] in _READS

    @property
    def route(self) -> str | None:
        """The template of its route, or None while none is found."""
        return getattr(self.scope.get("route"), "path", None)

    @property
    def source(self) -> str | None:
        """The address that it came from: the client's, where a proxy that is trusted names it."""
        client = self.scope.get("client")
        return client[0] if client else None

    @property
    def named(self) -> list[str]:
        """What it is about: what its address names, and what it changed. Nothing that an unknown caller made up."""
        if self.account is None:
            return []
        values = (str(value) for value in self.scope.get("path_params", {}).values())
        return list(dict.fromkeys((*map(plain, values), *self.objects)))

    def caused(self, key: str, event: str) -> None:
        """Note that it changed the thing `key`, which `event` says."""
        if len(self.events) < MOST_EVENTS:
            self.events.append(plain(event))
        if len(self.objects) < MOST_OBJECTS:
            self.objects[plain(key)] = None

    def committed(self) -> None:
        """Note that what it has caused so far stands in the trail."""
        self.is_committed, self.told = True, len(self.events)

    def mark(self) -> Mark:
        """Return how far it has come, for a transaction that may be rolled back."""
        return Mark(len(self.events), len(self.objects), self.status)

    def undone(self, since: Mark) -> None:
        """Forget what it has caused since then, and what it was answered: the transaction was rolled back."""
        del self.events[max(since.events, self.told) :]
        for key in list(self.objects)[since.objects :]:
            del self.objects[key]
        self.status = since.status

    def sent(self, events: Iterable[str]) -> None:
        """Note the ids of events that it hands on."""
        self.events.extend(map(plain, list(events)[: MOST_EVENTS - len(self.events)]))


def plain(text: str) -> str:
    """Return what PostgreSQL can hold of a text from outside."""
    if len(text) <= _LONGEST and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_LONGEST])


_under_way: Final = ContextVar[tuple[Act, ...]]("acts", default=())


def under_way() -> tuple[Act, ...]:
    """Return the acts whose work this is: of one request, or of those that share a round."""
    acts = _under_way.get()
    # A task that outlives the request that began it does the work of nobody.
    return tuple(act for act in acts if not act.has_ended or act.outlives_its_request) if acts else acts


def rehearsing(*, whether: bool) -> None:
    """Note whether the request whose work this is only asks what would become of it."""
    if (act := current()) is not None:
        act.is_rehearsal = whether


def into_a_round() -> tuple[Act, ...]:
    """Return the same for a round, which carries out whatever it took in, also for whoever has hung up by then."""
    acts = under_way()
    for act in acts:
        act.outlives_its_request = True
    return acts


def current() -> Act | None:
    """Return the act of the one request whose work this is, or None."""
    acts = under_way()
    return acts[0] if len(acts) == 1 else None


@contextmanager
def doing(acts: tuple[Act, ...]) -> Iterator[None]:
    """Do a block's work for `acts`."""
    token = _under_way.set(acts)
    try:
        yield
    finally:
        _under_way.reset(token)
