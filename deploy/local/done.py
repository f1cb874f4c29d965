"""What a step of provisioning came to."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.local.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, a line each, and which new constraints rows of before break: `broken`, each with its database."""

    lines: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    def __add__(self, later: Done) -> Done:
        """Return what this step and a later one came to together."""
        return Done(self.lines + later.lines, self.broken + later.broken)

    def check(self) -> None:
        """Raise `Trouble` where rows break constraints that are new: last, since nothing needs them put right to begin."""
        if self.broken:
            raise Trouble(
                f"Everything is provisioned, but {'; '.join(self.broken)}.",
                "Put these rows right, then run it again.",
                lasting=True,
            )
