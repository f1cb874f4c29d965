"""How every table grows, as growth.toml declares it: bounded, pruned by a policy, or kept for good with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = Path(__file__).with_name("growth.toml")


class Growth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of one table: exactly one of `bounded`, `pruned` and `kept`.

    `pruned` is the function that deletes (`module:name`), `by` what says after how long, `but` what stays all the same.
    """

    bounded: str = ""
    pruned: str = ""
    kept: str = ""
    by: str = ""
    but: str = ""

    def __post_init__(self) -> None:
        if [bool(self.bounded), bool(self.pruned), bool(self.kept)].count(True) != 1 or bool(self.pruned) != bool(
            self.by
        ):
            raise ValueError(
                "a table is bounded, pruned by something, or kept: one of them, and only what is pruned has a `by`"
            )

    @property
    def told(self) -> str:
        """The sentence of docs/tables.md."""
        if self.bounded:
            return f"*Bounded:* {self.bounded}."
        if self.kept:
            return f"*Kept for good:* {self.kept}."
        module, _, name = self.pruned.partition(":")
        return f"*Pruned* after {self.by} (`{module.replace('.', '/')}.py`, `{name}`){f'; {self.but}' if self.but else ''}."


@cache
def declared() -> Mapping[str, Mapping[str, Growth]]:
    """Return what is said, by owner (`chassis`, a service, `vault`) and table; raises msgspec.ValidationError."""
    return msgspec.toml.decode(FILE.read_bytes(), type=dict[str, dict[str, Growth]])
