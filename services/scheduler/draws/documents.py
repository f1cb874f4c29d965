"""What HTTP says of draws, and what it takes to hold one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.draws.model.announcement import Announcement, Digest, Secrets
from services.scheduler.draws.model.drawing import REASONS_ZH, Excluded, ExclusionReason, Team, left_out
from services.scheduler.draws.tables import Draw


class HoldDraw(Document, frozen=True, kw_only=True):
    """The input that the draw rests on, by its digest, and the secrets that the commitments stood for."""

    input_sha256: Digest
    secrets: Secrets


class ExcludedDocument(Document, frozen=True, kw_only=True):
    """Who was left out and why; an inspector without a target was left out of the whole draw."""

    inspector: str | None
    target: str | None
    reason: ExclusionReason
    reason_zh: str

    @classmethod
    def of(cls, excluded: Excluded) -> Self:
        """Return who was left out as HTTP shows it."""
        return cls(
            inspector=excluded.inspector,
            target=excluded.target,
            reason=excluded.reason,
            reason_zh=REASONS_ZH[excluded.reason],
        )


class DrawItem(Document, frozen=True, kw_only=True):
    """A draw in a list."""

    draw_id: str
    document_number: str
    title: str
    draws_on: date
    input_sha256: str
    announced_at: datetime
    drawn_at: datetime | None

    @classmethod
    def of(cls, draw: Draw) -> Self:
        """Return the item of a draw."""
        return cls(
            draw_id=draw.draw_id,
            document_number=draw.input.document_number,
            title=draw.input.title,
            draws_on=draw.input.draws_on,
            input_sha256=draw.input_sha256,
            announced_at=draw.announced_at,
            drawn_at=draw.drawn_at,
        )


class DrawDocument(Document, frozen=True, kw_only=True):
    """A draw: what was announced and, once it is drawn, the secrets, the seed, the teams and who was left out.

    Before the draw `excluded` holds those who are left out of all of it.
    """

    draw_id: str
    input: Announcement
    input_sha256: Annotated[str, Meta(description="SHA-256 of the text at /v1/draws/{draw_id}/input.txt")]
    announced_at: datetime
    announced_by: str
    drawn_at: datetime | None
    drawn_by: str | None
    secrets: list[str]
    seed: str | None
    teams: list[Team]
    excluded: list[ExcludedDocument]

    @classmethod
    def of(cls, draw: Draw) -> Self:
        """Return a draw as HTTP shows it."""
        excluded = draw.result.excluded if draw.result else left_out(draw.input)
        return cls(
            draw_id=draw.draw_id,
            input=draw.input,
            input_sha256=draw.input_sha256,
            announced_at=draw.announced_at,
            announced_by=draw.announced_by,
            drawn_at=draw.drawn_at,
            drawn_by=draw.drawn_by,
            secrets=list(draw.secrets or ()),
            seed=draw.result.seed if draw.result else None,
            teams=list(draw.result.teams) if draw.result else [],
            excluded=[ExcludedDocument.of(each) for each in excluded],
        )


class ByDrawId(Cursor, frozen=True, kw_only=True, tag="draws"):
    """Where a page of draws ends."""

    draw_id: str

    @classmethod
    def of(cls, draw: Draw) -> Self:
        """Return the cursor behind a draw."""
        return cls(draw_id=draw.draw_id)
