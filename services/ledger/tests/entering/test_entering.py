"""What stands for itself (登记): which word of a county stands, what it is told, and how a book holds it. Rules, without a server."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from duban_contracts.codec import event_types
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.events.marks import called
from duban_contracts.events.types import Channel, Evidence, Instant, ReportedEnterprise, ShortText
from duban_contracts.testing.calendar import june, local
from services.ledger.claims.handlers.books import BOOKS, Pages
from services.ledger.entering.model import Entry, NoBook, column_of, enter
from services.ledger.entering.tables import Book

AT = local(2, 9)
LATER = AT + timedelta(hours=1)


class Drill(EnteredClaim, frozen=True, kw_only=True):
    """应急演练, with a field of each kind."""

    held_on: date
    channel: Channel = Channel.INSPECTION
    people: Annotated[int, Meta(ge=0, le=100_000), called("参加人数")] = 12
    share: float = 0.5
    announced: bool = True
    began_at: Instant = AT
    summary: ShortText | None = None
    enterprise: ReportedEnterprise | None = None
    evidence: tuple[Evidence, ...] = ()
    either: int | ShortText = 1


def held(reference: str = "YL-1", **fields: Any) -> Drill:
    return Drill(**{"county": "140502", "reference": reference, "held_on": june(1), **fields})


ONE = Entry(held(), AT)


def test_the_first_word_registers() -> None:
    entered = enter(None, ONE)
    assert (entered.entry, entered.outcome, entered.message) == (ONE, ClaimOutcome.REGISTERED, None)


@pytest.mark.parametrize(("taken_at", "last"), [(LATER, LATER), (AT - timedelta(hours=1), AT)])
def test_the_same_again_stands_since_it_was_said_last(taken_at: datetime, last: datetime) -> None:
    entered = enter(ONE, Entry(held(), taken_at))
    assert entered.entry == Entry(held(), last)
    assert (entered.outcome, entered.message) == (ClaimOutcome.DUPLICATE, None)


def test_what_came_between_two_equal_words_does_not_replace_the_second() -> None:
    pages = Pages()
    pages.enter(held(), AT)
    pages.enter(held(), LATER)
    between = pages.enter(held(people=15), AT + timedelta(minutes=1))
    assert (between.outcome, between.entry) == (ClaimOutcome.DUPLICATE, Entry(held(), LATER))


@pytest.mark.parametrize(
    ("taken_at", "origin", "outcome"),
    [
        (AT - timedelta(seconds=1), "claims/0/8", ClaimOutcome.CORRECTED),
        (AT, "claims/0/6", ClaimOutcome.DUPLICATE),
        (AT - timedelta(seconds=1), "claims/0/6", ClaimOutcome.DUPLICATE),
        (LATER, "claims/0/0", ClaimOutcome.CORRECTED),
        (LATER, "claims/1/6", ClaimOutcome.CORRECTED),
        (AT - timedelta(seconds=1), "claims/1/8", ClaimOutcome.DUPLICATE),
    ],
    ids=[
        "its clock went back",
        "of one instant",
        "before",
        "a topic made anew",
        "elsewhere, later",
        "elsewhere, before",
    ],
)
def test_of_two_words_in_one_partition_the_offset_says_which_is_older(
    taken_at: datetime, origin: str, outcome: ClaimOutcome
) -> None:
    known = Entry(held(), AT, "claims/0/7")
    assert enter(known, Entry(held(people=15), taken_at, origin)).outcome is outcome


def test_other_content_corrects() -> None:
    entered = enter(ONE, Entry(held(people=15), LATER))
    assert (entered.entry, entered.outcome) == (Entry(held(people=15), LATER), ClaimOutcome.CORRECTED)


def test_what_reached_the_broker_before_overwrites_nothing_newer_and_the_county_is_told() -> None:
    entered = enter(ONE, Entry(held(people=15), AT - timedelta(seconds=1)))
    assert entered.entry is ONE
    assert (entered.outcome, entered.message) == (ClaimOutcome.DUPLICATE, "已有较新的内容登记，本条内容不再采用")


@pytest.mark.parametrize("people", [12, 15])
def test_an_entry_keeps_its_reference_and_a_county_that_writes_it_otherwise_is_told(people: int) -> None:
    entered = enter(ONE, Entry(held("ＹＬ－1", people=people), LATER))
    assert (entered.entry.said.reference, entered.entry.key) == ("YL-1", "YL-1")
    assert (entered.linked_reference, entered.message) == (
        "YL-1",
        "县级编号“ＹＬ－1”与已登记的“YL-1”视为同一编号",
    )


def test_of_one_batch_each_word_meets_what_the_one_before_made() -> None:
    pages = Pages()
    said = [pages.enter(claim, AT) for claim in (held(), held("YL-1\u200b"), held(county="140521"), held(people=15))]
    assert [each.outcome for each in said] == ["registered", "duplicate", "registered", "corrected"]


def test_one_value_is_a_column_of_its_kind_and_what_has_parts_is_json() -> None:
    found = {field.name: column_of(field) for field in msgspec.structs.fields(Drill)}
    assert found == {
        "county": ("text", False),
        "reference": ("text", False),
        "held_on": ("date", False),
        "channel": ("text", False),
        "people": ("bigint", False),
        "share": ("double precision", False),
        "announced": ("boolean", False),
        "began_at": ("timestamptz", False),
        "summary": ("text", True),
        "enterprise": ("jsonb", True),
        "evidence": ("jsonb", False),
        "either": ("jsonb", False),
    }


@pytest.mark.parametrize("enterprise", [None, ReportedEnterprise(name="示例企业（虚构）")])
def test_an_entry_is_read_back_as_it_was_written(enterprise: ReportedEnterprise | None) -> None:
    book = Book(Drill, "drill")
    evidence = (Evidence(name="签到表", sha256="0" * 64),)
    entry = Entry(held("ＹＬ－1", enterprise=enterprise, evidence=evidence, either="two"), AT, "claims/0/7")
    row = dict(zip(book.columns, (column[0] for column in book.columns.arguments([entry])), strict=True))
    assert row["reference_key"] == "YL-1"
    assert book.of(row) == entry


def test_a_column_that_came_later_is_empty_in_older_rows_and_says_what_the_field_does() -> None:
    book = Book(Drill, "drill")
    row = dict(zip(book.columns, (column[0] for column in book.columns.arguments([ONE])), strict=True))
    assert book.of({**row, "evidence": None, "people": None}) == ONE


class Bounded(EnteredClaim, frozen=True, kw_only=True):
    """As far as a column goes, and the same by bounds that are excluded."""

    people: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    others: Annotated[int, Meta(gt=-1, lt=100)] | None = None


class Unbounded(EnteredClaim, frozen=True, kw_only=True):
    people: int


class BoundedBelow(EnteredClaim, frozen=True, kw_only=True):
    people: Annotated[int, Meta(ge=0)] | None = None


class BoundedAbove(EnteredClaim, frozen=True, kw_only=True):
    people: Annotated[int, Meta(le=9)]


@pytest.mark.parametrize("claim", [Unbounded, BoundedBelow, BoundedAbove])
def test_no_book_is_kept_of_whole_numbers_that_a_column_has_no_room_for(claim: type[EnteredClaim]) -> None:
    with pytest.raises(NoBook, match="people needs bounds"):
        Book(claim, "drill")
    assert Book(Bounded, "drill").columns


class Part(msgspec.Struct, frozen=True, kw_only=True):
    name: str


@pytest.mark.parametrize(
    "kind",
    [
        str,
        str | None,
        Annotated[str, Meta(min_length=1, max_length=9), called("名称")],
        tuple[str, ...],
        dict[str, int],
        dict[ShortText, str],
        tuple[Part, ...],
        dict[ShortText, Any],
    ],
    ids=["bare", "optional", "bounded alone", "in a list", "a name", "by name", "in parts", "whatever"],
)
def test_no_book_is_kept_of_texts_that_may_hold_any_character_at_whatever_depth(kind: Any) -> None:
    claim: Any = msgspec.defstruct("Told", [("told", kind)], bases=(EnteredClaim,), frozen=True, kw_only=True)
    with pytest.raises(NoBook, match="told holds any text"):
        Book(claim, "drill")


class Timeless(EnteredClaim, frozen=True, kw_only=True):
    began_at: datetime | None = None


def test_no_book_is_kept_of_instants_that_need_not_say_their_offset() -> None:
    with pytest.raises(NoBook, match="began_at needs its offset"):
        Book(Timeless, "drill")


def test_each_type_that_stands_for_itself_has_its_book_with_room_for_all_its_fields() -> None:
    # A book whose columns have none can't be declared.
    assert [book.claim for book in BOOKS] == [*dict.fromkeys(book.claim for book in BOOKS)]
    assert {book.claim for book in BOOKS} == {
        entry.model for entry in event_types() if issubclass(entry.model, EnteredClaim)
    }
