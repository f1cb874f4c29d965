"""How often a role that died is started again before the process gives up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Restarts:
    """How often a role may die within a time before the process gives up: `most` times within `seconds`."""

    most: int = 3
    seconds: float = 600.0
    _died: dict[str, list[float]] = field(default_factory=dict)

    def another(self, role: str) -> bool:
        """Note that `role` died now; return whether it may be started again."""
        now = time.monotonic()
        recent = [at for at in self._died.get(role, []) if now - at < self.seconds]
        self._died[role] = [*recent, now]
        return len(recent) < self.most
