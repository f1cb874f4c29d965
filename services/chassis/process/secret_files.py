"""Settings from the environment, each of which may be a file: `DUBAN_KAFKA_PASSWORD_FILE` names what holds the value.

That is how secrets arrive that must stand in no environment and no list of processes: as mounted files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SUFFIX: Final = "_FILE"


class UnusableSetting(ValueError):
    """A setting can't be used as it is given; the sentence names the variable and never its value."""


def given(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the setting `name`, from the environment or from the file that `<name>_FILE` names; None when unset.

    Raises UnusableSetting when both are given or the file can't be read. White space at a file's end is not part of it.
    """
    environ = os.environ if environ is None else environ
    value, file = environ.get(name), environ.get(f"{name}{SUFFIX}")
    if not file:
        return value or None
    if value:
        raise UnusableSetting(f"{name} and {name}{SUFFIX} are both given: one of them is wrong")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip() or None
    except (OSError, UnicodeDecodeError) as error:
        trouble = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UnusableSetting(f"{name}{SUFFIX} names {file}, which can't be read: {trouble}") from error


class Environment(BaseSettings):
    """The base of every Settings class of ours: its fields are environment variables, or files named by them."""

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
        return given(name) if os.environ.get(f"{name}{SUFFIX}") else None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}
