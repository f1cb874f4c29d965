"""The files of a city's profile: JSON by the same rules as an event's, and what is wrong with one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from duban_contracts.admissible import octets
from duban_contracts.not_json import NOT_JSON, reason

T = TypeVar("T")


class ProfileError(ValueError):
    """A profile file is wrong: `file`, the JSON path `field` in it, and the broken `rule`."""

    def __init__(self, file: Path, field: str, rule: str) -> None:
        super().__init__(f"{file}: {field}: {rule}")
        self.file = file
        self.field = field
        self.rule = rule


def read(path: Path, shape: type[T]) -> T:
    """Read one JSON file of a profile into `shape`; raises ProfileError naming file, field and rule."""
    try:
        content = path.read_bytes()
        text = octets.text_of(content)
        found = msgspec.json.decode(content, type=shape)
    except FileNotFoundError:
        raise ProfileError(path, "$", "the file is missing") from None
    except octets.BadEncoding as error:
        raise ProfileError(path, "$", f"must be UTF-8 without a byte order mark: {error}") from error
    except msgspec.ValidationError as error:
        rule, _, field = str(error).partition(" - at `")
        raise ProfileError(path, field.rstrip("`") or "$", rule) from error
    except NOT_JSON as error:
        raise ProfileError(path, "$", f"must be JSON ({reason(error)})") from error
    if twice := octets.repeated_name(text):
        raise ProfileError(path, twice, "must stand once in its object")
    return found
