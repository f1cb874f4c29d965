"""How long a server that refused us for good is left alone. Asked each few seconds, a relay locks the account out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from services.notifications.channels.model.answers import Answer

FIRST_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 600.0


class NotAsked(Exception):
    """The server was not asked, because it refused us just now."""

    def __init__(self, before: Answer) -> None:
        super().__init__(f"refused before: {before.code}")
        self.before = before


class Pause:
    """Holds for everything that goes to one server: a pause after each refusal, doubled each time until it lets us in.

    `steady` gives monotonic seconds: a wall clock that is set must neither end a pause nor draw it out for hours.
    """

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._until = 0.0
        self._seconds = 0.0
        self._before: Answer | None = None
        self._asked = False

    @property
    def refused_before(self) -> bool:
        """Whether it refused us when it was last asked, be the pause over or not."""
        return self._before is not None

    def lasts(self) -> bool:
        """Return whether nobody is to ask the server just now."""
        return self._before is not None and self._steady() < self._until

    @property
    def answer(self) -> Answer | None:
        """How the server refused us, while the pause lasts."""
        return self._before if self.lasts() else None

    def rests(self) -> bool:
        """Return whether nobody is to ask the server just now: the pause lasts, or somebody asks for all."""
        return self.lasts() or self._asked

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask the server, alone if it refused us before. Raises NotAsked while the pause lasts or another asks so."""
        if self._before is None:
            yield
            return
        if self.rests():
            raise NotAsked(self._before)
        self._asked = True
        try:
            yield
        finally:
            self._asked = False

    def begin(self, refused: Answer) -> None:
        """Note a refusal. What was refused at the same time as another is one question and not two."""
        if not self.lasts():
            self._seconds = min(2 * self._seconds, LONGEST_SECONDS) if self._before else FIRST_SECONDS
            self._until, self._before = self._steady() + self._seconds, refused

    def end(self) -> None:
        """Note that it let us in: the next pause is a first one."""
        self._before = None
