"""The check that publishers are held to, the same at every door: bytes, closed contract, texts and terms, dates.

A right event costs one decoding and a look at its names (`closed.plainly_closed`); only a wrong one is walked to name
every error (see :mod:`explain`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from duban_contracts.admissible import octets, surrogates
from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.numbers import plain_values
from duban_contracts.admissible.texts import folded
from duban_contracts.catalogue import EventData, EventType
from duban_contracts.closed import closed_decoder, plainly_closed
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import UnknownEventType, encode, lookup, type_of
from duban_contracts.events.claims import HazardReported, TaskReported
from duban_contracts.events.findings import report_of
from duban_contracts.events.inspections import InspectionFinding, repeated
from duban_contracts.events.scalars import OF_TIPS
from duban_contracts.events.tasks import TaskFacts
from duban_contracts.explain import explain
from duban_contracts.field_names import FIELD_NAMES_ZH
from duban_contracts.legible import legible
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.past_days import impossible_days
from duban_contracts.profile import City
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.terms import check_terms
from duban_contracts.topics import TopicFamily

# The largest payload of one event, in bytes: far above any honest claim, far below what a broker takes (1 MiB).
MOST_EVENT_BYTES: Final = 262_144
MOST_BATCH_EVENTS: Final = 1000
# A document that is wrong in a thousand places is answered by its first faults.
MOST_VIOLATIONS: Final = 20
# What a reader finds in the payload, and says less exactly than the check here.
_OF_THE_PAYLOAD: Final = frozenset({"invalid-payload", "unknown-event-type"})


def check_claim(
    event: CloudEvent,
    county: str | None = None,
    present: Present | None = None,
    decoded: EventData | None = None,
) -> list[Refusal]:
    """Return what is wrong with `event` as a claim of a county; an empty list when it may be published.

    The rules are those of :func:`examine_claim`.
    """
    found = examine_claim(event, county, present, decoded)
    return found if isinstance(found, list) else []


def examine_claim(
    event: CloudEvent,
    county: str | None = None,
    present: Present | None = None,
    decoded: EventData | None = None,
) -> EventData | list[Refusal]:
    """Return the payload of `event`, or what is wrong with it as a claim of a county (at least one refusal).

    Checks the type, the size, the bytes, the closed payload, its texts and vocabularies. With `county` (the owner of
    the key or topic), also that the payload names no other county: code `county-mismatch`. With `present`, also that
    its dates can be true. Who has decoded the payload already hands it over as `decoded`.
    """
    try:
        entry = lookup(event.type)
    except UnknownEventType:
        return [violation("unknown-event-type", "type", type=event.type)]
    if entry.family is not TopicFamily.CLAIMS:
        return [violation("not-a-claim", "type", type=event.type)]
    if len(event.data) > MOST_EVENT_BYTES:
        return [refusal("event-too-large", field="data", limit=MOST_EVENT_BYTES)]
    data = _read(entry, event.data) if decoded is None else decoded
    if data is None and (mended := surrogates.mended(event.data)) is not None:
        # Refused like any text with such a character, at its place and beside whatever else is wrong.
        event, data = msgspec.structs.replace(event, data=mended), _read(entry, mended)
    if data is None or not plainly_closed(entry.model, event.data):
        if found := check_payload(entry, event.data):
            return found
        data = entry.decoder.decode(event.data) if data is None else data
    if county is not None and getattr(data, "county", county) != county:
        return [violation("county-mismatch", "$.county", county=county)]
    untrue = () if present is None else _impossible(data, present)
    return [*check_terms(data), *untrue] or data


def examine_sent(
    event: CloudEvent, county: str | None = None, present: Present | None = None
) -> EventData | list[Refusal]:
    """Return the payload of `event`, or what is wrong with it, where nothing is on the books: the kit, a rehearsal.

    The rules are those of :func:`examine_claim`, and that no report is made under a reference that the platform keeps. A
    door that hands on to the ledger leaves that to it, which knows who had one before.
    """
    data = examine_claim(event, county, present)
    kept = None if isinstance(data, list) else kept_reference(data)
    return data if kept is None else [kept]


def kept_reference(data: EventData) -> Refusal | None:
    """Refuse a report of a new hazard under a reference that the platform keeps for itself, however it is written.

    Not of one that is on the books: before these were kept a county may have taken one, and goes on with it.
    """
    kept = isinstance(data, HazardReported) and folded(data.reference).startswith(OF_TIPS)
    return violation("reference-reserved", "$.reference") if kept else None


def check_finding(finding: InspectionFinding, task: TaskFacts, city: City, present: Present) -> list[Refusal]:
    """Return what is wrong with a finding of `task`; paths begin at the finding (`$.found_on`).

    As a report it is held to the rules of :func:`examine_claim`: nobody reports what a county may not. Its enterprise
    stands in the city, and in the county itself where a county inspects.
    """
    report = report_of(finding, task.number)
    entry = type_of(HazardReported)
    if found := check_payload(entry, encode(report)):
        return found
    within = {county.code for county in city.counties} if task.county == city.code else {task.county}
    strayed = [] if finding.county in within else [violation("finding-outside-area", "$.county")]
    return [*check_terms(report), *impossible_days(report, "$", present), *strayed]


def unreadable(event: CloudEvent | None, reason: Refusal, county: str) -> Refusal:
    """Return why a record of a county's topic is no event of the contract, as any door would say it of the same bytes.

    `event` is its envelope as far as that could be read, `reason` what the reading itself came to: where that is about
    the envelope or the batch, nothing more is looked at.
    """
    if event is None or reason.code not in _OF_THE_PAYLOAD:
        return reason
    found = check_claim(event, county)
    return found[0] if found else reason


def envelope_violation(error: EnvelopeError) -> Refusal:
    """Return what an unreadable envelope is answered with: the error's code, the attribute as field."""
    if error.code == "not-json":
        return violation(error.code, "$", detail=error.rule)
    name, label = legible(error.attribute), FIELD_NAMES_ZH.get(error.attribute)
    detail = f"{label}({name}) {error.zh}" if label else f"{name} {error.zh}"
    if error.code == "bad-encoding":
        plain = refusal(error.code, field=error.attribute, rule=error.rule, found="")
        return msgspec.structs.replace(plain, message=f"{plain.message}{detail}")
    return refusal(error.code, field=error.attribute, rule=error.rule, detail=detail)


def check_payload(entry: EventType, data: bytes) -> list[Refusal]:
    """Return how `data` breaks the closed model of `entry`, at any depth, or why its bytes are no JSON text for it."""
    try:
        text = octets.text_of(data)
    except octets.BadEncoding as error:
        return [violation("bad-encoding", "data", found=error.zh, detail=error.en)]
    try:
        closed_decoder(entry.model).decode(data)
    except msgspec.ValidationError as error:
        return _all_violations(entry, data, error)
    except NOT_JSON as error:
        return [violation("not-json", "$", detail=reason(error))]
    twice = octets.repeated_name(text)
    return [] if twice is None else [violation("repeated-name", twice)]


def _read(entry: EventType, data: bytes) -> EventData | None:
    """Return the payload, or None where it can't be read; what is wrong with it is said by `check_payload`."""
    try:
        return entry.decoder.decode(data)
    except NOT_JSON:
        return None


def _all_violations(entry: EventType, data: bytes, error: msgspec.ValidationError) -> list[Refusal]:
    try:
        document = plain_values(data)
    except NOT_JSON as broken:
        return [violation("not-json", "$", detail=reason(broken))]
    found = list(islice(explain(document, entry.model), MOST_VIOLATIONS))
    return found or [violation("wrong-format", "$", rule=str(error))]


def _impossible(data: EventData, present: Present) -> Iterator[Refusal]:
    """Yield what can't be true of a claim: its days, and of findings filed with a task their places and their references, too."""
    if not isinstance(data, TaskReported):
        yield from impossible_days(data, "$", present)
        return
    # What is wrong with a finding is told together.
    yield from impossible_days(msgspec.structs.replace(data, findings=()), "$", present)
    for place, finding in enumerate(data.findings):
        at = f"$.findings[{place}]"
        yield from impossible_days(finding, at, present)
        if finding.county != data.county:
            yield violation("finding-outside-area", f"{at}.county")
    for place in repeated(data.findings):
        yield violation("finding-repeated", f"$.findings[{place}].reference")
