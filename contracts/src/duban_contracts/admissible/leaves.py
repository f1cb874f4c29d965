"""What stands in decoded JSON, each with its path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def leaves(document: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Yield every value in decoded JSON that holds no others, and every name as a text, with its path; in no order of depth."""
    left = [(path, document)]
    while left:
        place, value = left.pop()
        if isinstance(value, dict):
            yield from ((f"{place}.{name}", name) for name in value)
            left += [(f"{place}.{name}", item) for name, item in value.items()]
        elif isinstance(value, list):
            left += [(f"{place}[{index}]", item) for index, item in enumerate(value)]
        else:
            yield place, value
