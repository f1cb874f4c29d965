"""The JSON documents of vocabularies."""

from __future__ import annotations

from typing import Self

from duban_contracts.codes import Meaning
from duban_contracts.profile import Level, Region
from duban_contracts.published import Published, told
from duban_contracts.vocabulary import Term
from services.chassis.web.documents import Document


class TermDocument(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One code. `name` is its Chinese name; of a refusal it is the sentence for people, with places for what is filled in.

    `aliases` are other ways to write the name, never values of a field. `level` and `parent` are a division's; `status`,
    `rule` (English), `to_do` (Chinese) and `to_do_en` are a refusal's; `status` is left out where it answers no request.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    level: Level | None = None
    parent: str | None = None
    status: int | None = None
    rule: str | None = None
    to_do: str | None = None
    to_do_en: str | None = None

    @classmethod
    def of(cls, term: Term | Region | Meaning) -> Self:
        """Return one code as it is published."""
        return cls(**told(term))


class VocabularyDocument(Document, frozen=True, kw_only=True):
    """A closed list of codes; fields of events take `code` and nothing else."""

    name: str
    title: str
    terms: list[TermDocument]

    @classmethod
    def of(cls, published: Published) -> Self:
        """Return a list as it is published."""
        return cls(name=published.name, title=published.title, terms=list(map(TermDocument.of, published.terms)))


class VocabulariesDocument(Document, frozen=True, kw_only=True):
    """All lists of codes."""

    vocabularies: list[VocabularyDocument]
