"""The judgement of what a publisher wrote to the sandbox topic, and of whether it read the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from duban_contracts.admissible.texts import folded
from duban_contracts.conformance.faults import fault
from duban_contracts.conformance.sandbox.evidence import (
    Answered,
    Evidence,
    FeedbackRead,
    Produced,
    Read,
    Record,
    Seen,
    Written,
)
from duban_contracts.conformance.sandbox.script import ESSENTIAL, Act
from duban_contracts.refusals import Refusal

_FEWEST: Final = 5
_SHOWN: Final = 3
_ANSWERED: Final = frozenset({Act.ANSWER, Act.SLOW})


def of(evidence: Evidence) -> int:
    """Return how many different events were written to the topic."""
    return len({(fact.event.source, fact.event.id) for fact in evidence if isinstance(fact, Record)})


def judge(evidence: Evidence) -> Iterator[Refusal]:
    """Return what stands against the publisher of the records among the evidence; nothing when there are none."""
    written = [fact for fact in evidence if isinstance(fact, Record)]
    if not written:
        return
    yield from _keys(written)
    yield from _contents(written)
    yield from _order(written)
    yield from _acks(evidence, written)
    yield from _never_sent_again(evidence)
    yield from _left(written)
    yield from _unread(evidence)
    yield from _too_little(evidence)


def debts(evidence: Evidence) -> int:
    """Return how many answers to records the publisher has still to read."""
    return sum(1 for _ in _unread(evidence)) + len(_owed(evidence))


def _keys(written: list[Record]) -> Iterator[Refusal]:
    wrong = [fact for fact in written if fact.event.reference is not None and fact.key != fact.event.reference]
    for fact in wrong[:_SHOWN]:
        key = "空" if fact.key is None else fact.key
        yield fault("key-not-reference", field="partitionkey", key=key, reference=fact.event.reference)


def _contents(written: list[Record]) -> Iterator[Refusal]:
    by_id: dict[tuple[str | None, str | None], str | None] = {}
    latest: dict[tuple[str | None, str | None], Seen] = {}
    for fact in written:
        seen = fact.event
        if seen.id is None or seen.content is None:
            continue
        if by_id.setdefault((seen.source, seen.id), seen.content) != seen.content:
            yield fault("content-changed", field="id", id=seen.id)
        elif not seen.refused:
            before = latest.get((seen.type, seen.reference))
            if before is not None and before.content == seen.content and before.id != seen.id:
                yield fault("new-id-on-retry", field="id", id=before.id, other=seen.id)
            latest[(seen.type, seen.reference)] = seen


def _order(written: list[Record]) -> Iterator[Refusal]:
    """Hold the order of a reference's events against their `time`, and 整改完成 against its 隐患上报."""
    latest: dict[str, Record] = {}
    known: set[tuple[str | None, str | None]] = set()
    for fact in sorted(written, key=lambda fact: fact.at):
        seen = fact.event
        if seen.reference is None or seen.refused or (seen.source, seen.id) in known:
            continue
        known.add((seen.source, seen.id))
        before = latest.get(folded(seen.reference))
        if before is not None and before.event.time and seen.time and before.event.time > seen.time:
            values = {"reference": seen.reference, "later": before.event.id, "earlier": seen.id}
            yield fault("out-of-order", field="reference", **values)
        else:
            latest[folded(seen.reference)] = fact


def _acks(evidence: Evidence, written: list[Record]) -> Iterator[Refusal]:
    """Whoever writes idempotently asks for acks=all; of records that no such producer wrote, nobody can say so."""
    counts = Counter(fact.partition for fact in written)
    for fact in evidence:
        if isinstance(fact, Written):
            idempotent = counts[fact.partition] if fact.sequenced is None else fact.sequenced
            if not fact.producers or idempotent < counts[fact.partition]:
                count = counts[fact.partition] - (idempotent if fact.producers else 0)
                yield fault("not-idempotent", field="acks", partition=fact.partition, count=count)


def _owed(evidence: Evidence) -> dict[tuple[int, int], int]:
    """Return the records of every numbered batch that was sent and never answered: by producer and first sequence."""
    owed: dict[tuple[int, int], int] = {}
    for fact in evidence:
        if isinstance(fact, Produced):
            for producer, sequence, count in fact.batches:
                if fact.act in _ANSWERED:
                    owed.pop((producer, sequence), None)
                elif producer >= 0:
                    owed[producer, sequence] = count
    return owed


def _never_sent_again(evidence: Evidence) -> Iterator[Refusal]:
    if count := sum(_owed(evidence).values()):
        yield fault("batch-never-sent-again", field="producer", count=count)


def _left(written: list[Record]) -> Iterator[Refusal]:
    mended = {(fact.event.type, fact.event.reference) for fact in written if not fact.event.refused}
    for fact in written:
        if fact.event.refused and (fact.event.type, fact.event.reference) not in mended:
            yield fault("refused-and-left", field="id", id=fact.event.id or "?", code=fact.event.refused[0])


def _unread(evidence: Evidence) -> Iterator[Refusal]:
    committed = max((fact.offset for fact in evidence if isinstance(fact, FeedbackRead)), default=0)
    read = {fact.receipt_id for fact in evidence if isinstance(fact, Read) and fact.status == "rejected"}
    told = set()
    for fact in evidence:
        if isinstance(fact, Answered) and fact.code and fact.event_id not in told:
            told.add(fact.event_id)
            if fact.offset >= committed and fact.receipt_id not in read:
                yield fault("refusal-not-read", field="feedback", id=fact.event_id or "?", code=fact.code)


def _too_little(evidence: Evidence) -> Iterator[Refusal]:
    count = of(evidence)
    if count < _FEWEST:
        yield fault("too-little-seen", what=f"写入主题的事件只有 {count} 条，至少要 {_FEWEST} 条")
    if not any(isinstance(fact, Written) for fact in evidence):
        yield fault("too-little-seen", what="未能向代理查询写入者，acks 没有核验")
    met = {fact.act for fact in evidence if isinstance(fact, Produced)}
    if not met:
        yield fault("too-little-seen", what="写入没有经过沙箱给出的 KAFKA 地址，连接中断没有演练")
    elif not met >= ESSENTIAL:
        yield fault("too-little-seen", what="写入主题时没有遇到过中断和丢失的应答；请分多次写入")
