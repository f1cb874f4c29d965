"""What HTTP says of accidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.events.accidents import AccidentFacts, AccidentMeasure
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.accidents.model import Accident, AccidentEntry, Measure
from services.ledger.accidents.tables import Owed, OwedPosition, Position
from services.ledger.history.documents import HistoryItem
from services.ledger.history.model import Record


class MeasureDocument(AccidentMeasure, Document, frozen=True, kw_only=True):
    """One 防范和整改措施."""

    late: Annotated[bool, Meta(description="已过期限而未落实")]

    @classmethod
    def of(cls, measure: Measure, today: date) -> Self:
        """Return a measure as it stands on the city's day `today`."""
        values = {name: getattr(measure, name) for name in AccidentMeasure.__struct_fields__}
        return cls(**values, late=measure.is_late(today))


class AccidentDocument(AccidentFacts, Document, frozen=True, kw_only=True):
    """One accident with its measures and its whole history."""

    course: str
    document: str | None
    late: Annotated[bool, Meta(description="已过评估期限而未评估")]
    measures: list[MeasureDocument]
    history: list[AccidentEntry]

    @classmethod
    def of(cls, accident: Accident, history: Sequence[AccidentEntry], today: date) -> Self:
        """Return an accident as HTTP shows it on the city's day `today`."""
        facts = accident.facts()
        return cls(
            **{name: getattr(facts, name) for name in AccidentFacts.__struct_fields__},
            course=accident.course,
            document=accident.document,
            late=accident.is_late(today),
            measures=[MeasureDocument.of(each, today) for each in accident.measures],
            history=list(history),
        )


class AccidentHistory(Document, frozen=True, kw_only=True):
    """An accident's records of history, oldest first."""

    recorded: Annotated[
        bool,
        Meta(
            description="全部经过均已入历史记录；false：升级以前登记（或升级期间由旧版程序办理过）的事故，其余经过只在事故本身的 `history` 中"
        ),
    ]
    items: list[HistoryItem]

    @classmethod
    def of(cls, accident: Accident, records: Sequence[Record]) -> Self:
        """Return what is recorded of an accident, and whether that is all that was done."""
        newest = records[-1].version if records else 0
        return cls(recorded=newest >= accident.version, items=[HistoryItem.of(record) for record in records])


class OwedDocument(Owed, Document, frozen=True, kw_only=True):
    """What is late of an accident: a measure, or (`measure` 0) its evaluation."""

    days_overdue: Annotated[int, Meta(description="已逾期天数")]

    @classmethod
    def of(cls, owed: Owed, today: date) -> Self:
        """Return what is late on the city's day `today`."""
        values = {name: getattr(owed, name) for name in Owed.__struct_fields__}
        return cls(**values, days_overdue=(today - owed.due_on).days)


class ByAccidentDay(Cursor, frozen=True, tag="accidents"):
    """Where a page of accidents ends. The day of an accident never changes."""

    happened_on: date
    accident_id: str

    @classmethod
    def of(cls, accident: Accident) -> Self:
        """Return the cursor behind an accident."""
        return cls(happened_on=accident.happened_on, accident_id=accident.accident_id)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.happened_on, self.accident_id


class ByOwedDay(Cursor, frozen=True, tag="accidents-owed"):
    """Where a page of what is late ends."""

    due_on: date
    accident_id: str
    measure: int

    @classmethod
    def of(cls, owed: Owed) -> Self:
        """Return the cursor behind something that is late."""
        return cls(due_on=owed.due_on, accident_id=owed.accident_id, measure=owed.measure)

    @property
    def position(self) -> OwedPosition:
        """The position as the table takes it."""
        return self.due_on, self.accident_id, self.measure
