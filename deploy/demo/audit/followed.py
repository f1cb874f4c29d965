"""What is owed beside hazards' own deadlines (事故整改措施、整改评估、回头看、挂牌督办): one alarm, and one letter for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from deploy.demo.audit.case import AUDITOR, Case, Line, some, tally
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import ACCIDENT, ACCIDENT_MEASURE, LISTING, LOOK_BACK
from duban_contracts.vocabulary import SUBJECT_KINDS
from services.chassis.testing.kafka import read_all

_KINDS: Final[Mapping[str, str]] = {
    ACCIDENT: "follow_up_urging",
    ACCIDENT_MEASURE: "follow_up_urging",
    LOOK_BACK: "follow_up_urging",
    LISTING: "listing_urging",
}
Subject = tuple[str, str]
"""The kind of a subject, and its id."""


async def everything_else_that_was_late_has_one_letter(case: Case) -> Line:
    """P3, P9: each such deadline was said once, and what was said is one letter; the accident that was played is among them."""
    raised = raised_of(await read_all(case.bootstrap, "scheduler.supervision.v1"))
    letters: Counter[Subject] = Counter()
    async for letter in case.platform.pages("notifications", "/v1/letters", AUDITOR, limit=200):
        about = letter["about"]
        if _KINDS.get(about["kind"]) == letter["kind"]:
            letters[about["kind"], about["id"]] += 1
    wrong = compared(raised, letters)
    said = tally(Counter(SUBJECT_KINDS.name(kind) for kind, _, _ in raised))
    return Line("事故整改措施、回头看和挂牌逾期，各恰好一次督办、一封函", not wrong, f"{said or '无'}" + some(wrong))


def raised_of(events: Iterable[CloudEvent]) -> dict[tuple[str, str, int], set[str]]:
    """Return the ids of the alarms of each subject's deadline; the same event may stand there twice after a crash."""
    raised: dict[tuple[str, str, int], set[str]] = {}
    for event in events:
        data = decode(event)
        if isinstance(data, SupervisionOverdue) and data.about.kind in _KINDS:
            raised.setdefault((data.about.kind, data.about.id, data.deadline_number), set()).add(event.id)
    return raised


def compared(raised: Mapping[tuple[str, str, int], set[str]], letters: Mapping[Subject, int]) -> list[str]:
    """Return what is wrong: alarms said twice, letters missing or too many, and that the accident's measure was not said."""
    wrong = [f"{kind} {subject} 督办 {len(ids)} 次" for (kind, subject, _), ids in raised.items() if len(ids) > 1]
    expected = Counter((kind, subject) for kind, subject, _ in raised)
    wrong += [
        f"{kind} {subject} 逾期 {expected[kind, subject]} 次，函 {letters.get((kind, subject), 0)} 封"
        for kind, subject in sorted(expected.keys() | letters.keys())
        if expected[kind, subject] != letters.get((kind, subject), 0)
    ]
    if not any(kind == ACCIDENT_MEASURE for kind, _ in expected):
        wrong.append("逾期的事故整改措施没有督办")
    return wrong
