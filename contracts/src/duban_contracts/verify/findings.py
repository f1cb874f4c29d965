"""What checking finds, in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that was checked; `holds` says whether it is as it should be, None of what was only seen."""

    holds: bool | None
    zh: str
    en: str

    def line(self, language: str) -> str:
        """Return the finding as one line."""
        mark = {True: "✓", False: "✗", None: "·"}[self.holds]
        return f"{mark} {self.zh if language == 'zh' else self.en}"


class NotVerified(ValueError):
    """Something is not what it should be; its finding says what."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.finding = Finding(holds=False, zh=zh, en=en)
