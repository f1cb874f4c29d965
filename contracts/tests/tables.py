"""One test over a table of cases: a thousand small ones take as long as one, and each that fails is still named."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

T = TypeVar("T")


def each(cases: Collection[T], check: Callable[[T], object], *, name: Callable[[T], object] = str) -> None:
    """Check all `cases`, of which there must be some; raise what failed, together, each with the name of its case."""
    assert cases, "there is no case"
    failed: dict[str, Exception] = {}
    for case in cases:
        try:
            check(case)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown
            error.add_note(f"case: {name(case)}")
            failed[f"{name(case)}"] = error
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {len(cases)} cases: {', '.join(failed)}", list(failed.values()))
