"""The city's letter templates: Jinja2 in a sandbox, from the profile's directory `templates/`.

A kind has two files: `<kind>.title.j2` (one line) and `<kind>.text.j2` (the whole document). Facts are
values: a hazard text that looks like a template is printed as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifications.domain.letters import LetterKind
from services.notifications.domain.records import Wording


class TemplateStationery:
    """Letter paper from a directory; every template is compiled at once, so that a wrong one stops the start."""

    def __init__(self, directory: Path) -> None:
        environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(directory),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates = {
            kind: (environment.get_template(f"{kind}.title.j2"), environment.get_template(f"{kind}.text.j2"))
            for kind in LetterKind
        }

    def write(self, kind: LetterKind, facts: Mapping[str, str | int]) -> Wording:
        """Return the letter of this kind; raises jinja2.UndefinedError for a fact the template invents."""
        title, text = self._templates[kind]
        heading = title.render(facts).strip()
        return Wording(heading, text.render({**facts, "title": heading}))
