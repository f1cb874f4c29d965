"""What a model's docstring says, for the documents: whole, and without the title that stands beside it."""

from __future__ import annotations

from inspect import cleandoc

from duban_contracts.catalogue import EventType


def meaning(entry: EventType) -> str:
    """Return everything that the docstring says, in one line: paragraphs of Markdown don't fit into a table."""
    text = " ".join(cleandoc(entry.model.__doc__ or "").split())
    return text.removeprefix(f"{entry.title_zh}: ")


def summary(entry: EventType) -> str:
    """Return the first line of the docstring."""
    return cleandoc(entry.model.__doc__ or "").partition("\n")[0].removeprefix(f"{entry.title_zh}: ")
