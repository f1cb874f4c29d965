"""The judgement of a publisher by what was seen of it: pure, so that anybody can judge the same evidence again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from duban_contracts.admissible.texts import folded
from duban_contracts.conformance.faults import fault
from duban_contracts.conformance.sandbox import records
from duban_contracts.conformance.sandbox.evidence import Evidence, Read, Rejected, Request, Seen, Turned
from duban_contracts.conformance.sandbox.script import ESSENTIAL, Act
from duban_contracts.refusals import Refusal

# A publisher's clock and ours, and the network, may differ by so much of a second that was asked for.
_PATIENT: Final = 0.9
_FEWEST_EVENTS: Final = 5
_TOLD: Final[Mapping[str, str]] = {
    Act.UNAVAILABLE: "503",
    Act.BROKEN: "502",
    Act.LIMITED: "429",
    Act.LOST: "没有收到应答",
}
# Asked of a clerk's form, in the order of the report.
CHECKS: Final[Mapping[str, tuple[str, ...]]] = {
    "未受理的事件以原编号重发（503、502、429、没有应答）": ("never-sent-again", "new-id-on-retry"),
    "同一编号只对应同一内容": ("content-changed",),
    "按 Retry-After 等待": ("impatient",),
    "同一隐患的事件按先后受理": ("out-of-order",),
    "被退回的事件已改正，未盲目重发": ("refused-and-left", "refused-sent-again"),
    "受理后被退回的，已读取回执": ("refusal-not-read",),
    "每次请求都带密钥，且网关看得懂": ("unauthenticated", "turned-away"),
    "Kafka：以县级编号为键": ("key-not-reference",),
    "Kafka：acks=all、幂等": ("not-idempotent",),
    "Kafka：连接中断、没有应答后再次写入": ("batch-never-sent-again",),
    "样本足够": ("too-little-seen",),
}


def judge(evidence: Evidence) -> list[Refusal]:
    """Return what stands against the publisher; an empty list certifies it."""
    requests = [fact for fact in evidence if isinstance(fact, Request)]
    found = [
        *_not_sent_again(requests),
        *_contents(requests),
        *_impatient(requests),
        *_out_of_order(requests),
        *_refused(requests),
        *_unread(evidence),
        *_turned_away(evidence),
        *records.judge(evidence),
    ]
    return [*found, *_too_little(requests, records.of(evidence))]


def debts(evidence: Evidence) -> int:
    """Return how many answers the publisher still owes: events to send again, refusals to read."""
    requests = [fact for fact in evidence if isinstance(fact, Request)]
    unread = sum(1 for _ in _unread(evidence))
    return unread + sum(1 for _ in _not_sent_again(requests)) + records.debts(evidence)


def _events(requests: list[Request]) -> Iterator[tuple[Request, Seen]]:
    for request in requests:
        for seen in request.events:
            yield request, seen


def _good(requests: list[Request]) -> Iterator[tuple[Request, Seen]]:
    return ((request, seen) for request, seen in _events(requests) if seen.id is not None and not seen.refused)


def _not_sent_again(requests: list[Request]) -> Iterator[Refusal]:
    """Find events that were never taken in a request that was answered."""
    owed: dict[tuple[str | None, str | None], tuple[Request, Seen]] = {}
    done: set[tuple[str | None, str | None]] = set()
    for request, seen in _good(requests):
        name = (seen.source, seen.id)
        if request.taken and request.status is not None:
            done.add(name)
            owed.pop(name, None)
        elif name not in done:
            owed[name] = (request, seen)
    for request, seen in owed.values():
        yield fault("never-sent-again", field="id", id=seen.id, told=_TOLD[request.act])


def _contents(requests: list[Request]) -> Iterator[Refusal]:
    latest: dict[tuple[str | None, str | None], Seen] = {}
    by_id: dict[tuple[str | None, str | None], str | None] = {}
    for seen in _distinct(seen for _, seen in _events(requests) if seen.id and seen.content):
        if seen.refused and seen.refused[0] != "id-reused":
            # What was refused at once never got in; its id is as free as before.
            continue
        if by_id.setdefault((seen.source, seen.id), seen.content) != seen.content:
            yield fault("content-changed", field="id", id=seen.id)
        else:
            # Content that comes back after other content is a correction, and has a new id by right.
            before = latest.get((seen.type, seen.reference))
            if before is not None and (before.content, before.source) == (seen.content, seen.source):
                yield fault("new-id-on-retry", field="id", id=before.id, other=seen.id)
            latest[(seen.type, seen.reference)] = seen


def _distinct(events: Iterator[Seen]) -> Iterator[Seen]:
    known = set()
    for seen in events:
        name = (seen.source, seen.id, seen.content)
        if name not in known:
            known.add(name)
            yield seen


def _impatient(requests: list[Request]) -> Iterator[Refusal]:
    told: dict[tuple[str | None, str | None], Request] = {}
    for request, seen in _good(requests):
        before = told.pop((seen.source, seen.id), None)
        if before is not None and before.retry_after is not None:
            waited = request.at - before.at
            if waited < before.retry_after * _PATIENT:
                shown = f"{waited:.1f}"
                yield fault("impatient", field="Retry-After", id=seen.id, seconds=before.retry_after, waited=shown)
        if request.retry_after is not None:
            told[(seen.source, seen.id)] = request


def _out_of_order(requests: list[Request]) -> Iterator[Refusal]:
    """Hold the order in which events were taken against that in which they were first sent, and against their `time`."""
    tried: dict[str, list[Seen]] = {}
    taken: dict[str, list[Seen]] = {}
    for request, seen in _good(requests):
        reference = folded(seen.reference or "")
        for known, counts in ((tried, True), (taken, request.taken)):
            there = known.setdefault(reference, [])
            if counts and all(other.id != seen.id for other in there):
                there.append(seen)
    for reference, order in taken.items():
        places = {seen.id: place for place, seen in enumerate(tried[reference])}
        yield from overtaken(reference, [(places[seen.id], seen) for seen in order])


def overtaken(reference: str, order: list[tuple[int, Seen]]) -> Iterator[Refusal]:
    """Return the first two events of a reference that stand the wrong way round, by their place or by their `time`."""
    for (place, earlier), (next_place, later) in pairwise(order):
        backwards = earlier.time is not None and later.time is not None and earlier.time > later.time
        if next_place < place or backwards:
            yield fault("out-of-order", field="reference", reference=reference, later=earlier.id, earlier=later.id)
            return


def _refused(requests: list[Request]) -> Iterator[Refusal]:
    sent: Counter[tuple[str, str | None]] = Counter()
    first: dict[tuple[str, str | None], Seen] = {}
    mended = {(seen.type, seen.reference) for request, seen in _good(requests) if request.taken}
    for request, seen in _events(requests):
        # Only who has been told can be blamed.
        if seen.refused and request.taken and request.status is not None:
            one = (seen.id or f"?{len(first)}", seen.content)
            sent[one] += 1
            first.setdefault(one, seen)
    for one, seen in first.items():
        shown = {"id": seen.id or "?", "code": seen.refused[0]}
        if sent[one] > 1:
            yield fault("refused-sent-again", field="id", times=sent[one] - 1, **shown)
        elif seen.refused[0] != "id-reused" and (seen.type, seen.reference) not in mended:
            yield fault("refused-and-left", field="id", **shown)


def _unread(evidence: Evidence) -> Iterator[Refusal]:
    read = {fact.receipt_id for fact in evidence if isinstance(fact, Read) and fact.status == "rejected"}
    for fact in evidence:
        if isinstance(fact, Rejected) and fact.receipt_id not in read:
            yield fault("refusal-not-read", field="receipt_id", id=fact.event_id, code=fact.code)


def _turned_away(evidence: Evidence) -> Iterator[Refusal]:
    times = sum(isinstance(fact, Turned) and fact.code == "unauthenticated" for fact in evidence)
    if times:
        yield fault("unauthenticated", field="Authorization", times=times)
    others = Counter(fact.code for fact in evidence if isinstance(fact, Turned) and fact.code != "unauthenticated")
    for code, count in sorted(others.items()):
        yield fault("turned-away", times=count, code=code)


def _too_little(requests: list[Request], written: int) -> Iterator[Refusal]:
    if requests:
        count = len({(seen.source, seen.id) for request, seen in _good(requests) if request.taken})
        missing = ESSENTIAL - {request.act for request in requests if any(_good([request]))}
        if count < _FEWEST_EVENTS:
            yield fault("too-little-seen", what=f"经 HTTPS 受理的事件只有 {count} 条，至少要 {_FEWEST_EVENTS} 条")
        if missing:
            told = "、".join(_TOLD[act] for act in sorted(missing))
            yield fault("too-little-seen", what=f"没有遇到过：{told}；请分多次发送")
    elif not written:
        yield fault("too-little-seen", what="没有看到任何事件")
