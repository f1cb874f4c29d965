"""The one exception people see: what is wrong in one sentence, and what to do about it."""

from __future__ import annotations


class Trouble(Exception):
    """Something on this machine is in the way; `str()` is the sentence and the remedy.

    `lasting` says that it stays so until a person mends it: whoever tries again by himself need not.
    """

    def __init__(self, what: str, remedy: str, *, lasting: bool = False) -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy
        self.lasting = lasting
