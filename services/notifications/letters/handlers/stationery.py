"""The city's letter templates: Jinja2 in a sandbox, from the profile's directory `templates/`.

A kind has two files: `<kind>.title.j2` (one line) and `<kind>.text.j2` (the whole document). What they say
are values: a hazard text that looks like a template is printed as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a letter: `title` stands in the subject line, `body` is the whole document."""

    title: str
    body: str


class Stationery:
    """Letter paper from a directory; every kind's templates are compiled at once, so that a wrong one stops the start.

    Raises jinja2.TemplateError for a template that is missing or can't be compiled.
    """

    def __init__(self, directory: Path, kinds: Iterable[str]) -> None:
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
            for kind in kinds
        }

    def write(self, kind: str, words: Mapping[str, str | int]) -> Wording:
        """Return the letter of this kind; raises jinja2.UndefinedError for a word the template invents."""
        title, text = self._templates[kind]
        heading = title.render(words).strip()
        return Wording(heading, text.render({**words, "title": heading}))
