"""Settings from the environment, each of which may be a file: so come secrets that must stand in no environment.

`DUBAN_SECRETS` names a directory in which a file called like a variable holds its value, as mounted secrets do: a new
secret is a new file, and nobody else is told of it. Where a file is called otherwise, `DUBAN_KAFKA_PASSWORD_FILE`
names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SUFFIX: Final = "_FILE"
DIRECTORY: Final = "DUBAN_SECRETS"


class UnusableSetting(ValueError):
    """A setting can't be used as it is given; the sentence names the variable and never its value."""


def given(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the setting `name`: the variable, the file that `<name>_FILE` names, or that file in `DUBAN_SECRETS`.

    What is empty says nothing; None when nothing does. No way goes before another: raises UnusableSetting when two say
    different things, or when a file can't be read or holds a NUL byte. White space at a file's end is not part of it, nor is a byte order
    mark at its beginning; a variable that differs from a file by white space at its end says the same.
    """
    environ = os.environ if environ is None else environ
    ways = {name: environ.get(name), **_in_files(name, environ)}
    said = {way: value for way, value in ways.items() if value}
    if len({value.rstrip() for value in said.values()}) > 1:
        raise UnusableSetting(f"{' and '.join(said)} say different things: one of them is wrong")
    return next(reversed(said.values()), None)


def _in_files(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what files say of a setting, by the way in which they are named."""
    found = {}
    if file := environ.get(f"{name}{SUFFIX}"):
        found[f"{name}{SUFFIX}"] = _text(Path(file), f"{name}{SUFFIX}")
    if directory := environ.get(DIRECTORY):
        if not (os.access(directory, os.X_OK) and Path(directory).is_dir()):
            raise UnusableSetting(f"{DIRECTORY} names {directory}, which is no directory that can be read")
        # A link to nothing was meant to say something: it is refused like any file that can't be read.
        if (within := Path(directory, name)).exists() or within.is_symlink():
            found[f"{DIRECTORY}/{name}"] = _text(within, DIRECTORY)
    return found


def _text(file: Path, way: str) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig").rstrip()
    except (OSError, UnicodeDecodeError) as error:
        trouble = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UnusableSetting(f"{way} names {file}, which can't be read: {trouble}") from error
    # No variable can hold one, so no value has one; it would be cut short or refused far away, by whoever is shown it. An editor
    # that saved UTF-16 leaves them, too.
    if "\0" in text:
        raise UnusableSetting(f"{way} names {file}, which can't be read: it holds a NUL byte, as UTF-16 does")
    return text


class Environment(BaseSettings):
    """The base of every Settings class of ours: its fields are environment variables, or files (see `given`)."""

    model_config = SettingsConfigDict(env_prefix="DUBAN_", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given in code first, then files, then the environment."""
        return init_settings, _Files(settings_cls), env_settings


class _Files(PydanticBaseSettingsSource):
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        name = f"{self.config.get('env_prefix', '')}{field_name}".upper()
        return given(name) if any(_in_files(name, os.environ).values()) else None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}
