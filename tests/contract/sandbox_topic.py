"""The conformance kit's topic on a real broker, tended while a test's publisher has to do with it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.script import Script
from duban_contracts.conformance.sandbox.topic import open_topic

COUNTY = "140502"


class Sandbox:
    """A topic that is tended by a thread until it is closed."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        self.city, self.lock = City(COUNTY, "key", Script(seed)), threading.Lock()
        prefix = f"s{secrets.token_hex(4)}."
        self.topic = open_topic(bootstrap, self.city, self.lock, time.monotonic(), prefix=prefix)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tend)
        self._thread.start()

    def _tend(self) -> None:
        while not self._stopping.is_set():
            self.topic.tend()

    def close(self) -> None:
        """Ask the broker who wrote, and let go of it; a second time does nothing."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._thread.join(60)
            self.topic.close()

    def until(self, check: Callable[[], bool]) -> None:
        """Wait until `check` holds of what was seen."""
        deadline = time.monotonic() + 150
        while not check():
            assert time.monotonic() < deadline, self.city.evidence
            time.sleep(0.1)

    def seen(self, kind: type) -> int:
        with self.lock:
            return sum(isinstance(fact, kind) for fact in self.city.evidence)
