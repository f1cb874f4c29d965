"""The city that a publisher talks to in the sandbox: answers by the platform's own rules, keeps receipts and evidence.

No socket, no clock: `at` is handed in, in seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec

from duban_contracts.admissible.dates import Present
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.conformance.check import ZONE
from duban_contracts.conformance.sandbox.answers import Reply, TurnedAway, invalid, problem, refused_result, submission
from duban_contracts.conformance.sandbox.evidence import Fact, Read, Rejected, Request, Seen, Turned
from duban_contracts.conformance.sandbox.feed import MOST, Feed, Told, page, place_of
from duban_contracts.conformance.sandbox.outcomes import Receipt, fate, outcome, settled
from duban_contracts.conformance.sandbox.script import Act, Script
from duban_contracts.conformance.sandbox.sightings import Sighting, of_request, sighted
from duban_contracts.conformance.sandbox.vocabularies import documents, regions_of
from duban_contracts.profile import Region
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.topics import claims_topic

RETRY_AFTER: Final = 1
# The receipt says `queued` for so long: a publisher that looks once has not looked.
SETTLING: Final = 0.5
_MOST_LISTED: Final = 1000
# What a receipt shows of the answer.
_RECORDED: Final = ("outcome", "task_id", "number")


class City:
    """One county's side of the platform, for one run."""

    def __init__(
        self,
        county: str,
        key: str,
        script: Script,
        present: Present | None = None,
        regions: Sequence[Region] = (),
    ) -> None:
        self.county = county
        self.key = key
        self.topic = claims_topic(county)
        self.evidence: list[Fact] = []
        self.seed = script.seed
        self._script = script
        self._present = present
        self._receipts: dict[str, Receipt] = {}
        self._feed = Feed()
        self._vocabularies = documents(regions or regions_of(county))
        self._shown_as: set[tuple[str, str]] = set()

    def submit(self, headers: Sequence[tuple[bytes, bytes]], body: bytes, at: float, *, dry_run: bool = False) -> Reply:
        """Answer `POST /v1/events`, or do to it what the script says."""
        named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        try:
            self._authenticate(named)
            examined = self._examined(named, headers, body)
        except TurnedAway as turned:
            return self._turned(turned.refusal, at)
        if dry_run:
            return self._told(examined, Act.ANSWER, at, taken=False)
        act = self._script.next_act()
        if act in {Act.UNAVAILABLE, Act.BROKEN, Act.LIMITED}:
            return self._withheld(act, [seen for seen, _ in examined], at)
        return self._told(examined, act, at, taken=True)

    def receipt(self, headers: Mapping[str, str], receipt_id: str, at: float) -> Reply:
        """Answer `GET /v1/receipts/{id}`."""
        return self._reading(headers, at, lambda: self._one(receipt_id, at))

    def receipts(self, headers: Mapping[str, str], status: str | None, at: float) -> Reply:
        """Answer `GET /v1/receipts`, newest first, in one page."""
        return self._reading(headers, at, lambda: self._listed(status, at))

    def settled(self, receipt_id: str, at: float) -> bool:
        """Say whether a receipt stands for good; so does one that nobody has."""
        receipt = self._receipts.get(receipt_id)
        return receipt is None or at >= receipt.settles_at

    def tick(self, at: float) -> None:
        """Let the ledger decide what it has to decide by now."""
        for receipt_id, receipt in self._receipts.items():
            if receipt.told or at < receipt.settles_at:
                continue
            receipt.told = True
            refused = receipt.refused
            if refused is not None:
                self.evidence.append(
                    Rejected(at=_rounded(at), receipt_id=receipt_id, event_id=receipt.event.id, code=refused.code)
                )
            answer = outcome(receipt.seen, receipt_id, f"{self.topic}/{receipt.number}", self.county, refused)
            self._feed.tell(receipt_id, "recorded" if refused is None else "rejected", answer)

    def feed(
        self, headers: Mapping[str, str], after: str | None, at: float, limit: int = 100, field: str = "after"
    ) -> Reply:
        """Answer `GET /v1/feed` with a page; `field` is where the place stood."""

        def read() -> Reply:
            place = place_of(after)
            if place is None:
                found = refusal("bad-cursor", field=field)
                return invalid([found]) if field == "after" else problem(found)
            if not self._feed.holds(place):
                return problem(refusal("feed-expired", field="after"))
            return page(self.told(place, at, limit), place, self._feed.since)

        return self._reading(headers, at, read)

    def unless_known(self, headers: Mapping[str, str], at: float, wrong: Reply) -> Reply:
        """Answer a request that can't be taken; whoever has no key is told that and nothing else."""
        return self._reading(headers, at, lambda: wrong)

    def vocabularies(self, headers: Mapping[str, str], name: str | None, at: float) -> Reply:
        """Answer `GET /v1/vocabularies` and, with a name, `GET /v1/vocabularies/{name}`."""
        found = {each["name"]: each for each in self._vocabularies}

        def read() -> Reply:
            if name is None:
                return Reply(HTTPStatus.OK, {"vocabularies": list(found.values())})
            return Reply(HTTPStatus.OK, found[name]) if name in found else problem(refusal("not-found"))

        return self._reading(headers, at, read)

    def told(self, place: int, at: float, most: int = MOST) -> Sequence[Told]:
        """Return what the feed holds behind a place, for a reader that takes it."""
        self.tick(at)
        found = self._feed.after(place, most)
        for one in found:
            self._note_reading({"receipt_id": one.receipt_id, "status": one.status}, at)
        return found

    def _authenticate(self, named: Mapping[str, str]) -> None:
        if named.get("authorization") != f"Bearer {self.key}":
            raise TurnedAway(refusal("unauthenticated"))

    def _reading(self, named: Mapping[str, str], at: float, read: Callable[[], Reply]) -> Reply:
        self.tick(at)
        try:
            self._authenticate(named)
        except TurnedAway as turned:
            return self._turned(turned.refusal, at)
        return read()

    def _one(self, receipt_id: str, at: float) -> Reply:
        receipt = self._receipts.get(receipt_id)
        if receipt is None:
            return problem(refusal("receipt-not-found"))
        return Reply(HTTPStatus.OK, self._shown(receipt_id, receipt, at))

    def _listed(self, status: str | None, at: float) -> Reply:
        shown = [self._shown(name, receipt, at, quiet=True) for name, receipt in reversed(self._receipts.items())]
        items = [document for document in shown if status in {None, document["status"]}][:_MOST_LISTED]
        for document in items:
            self._note_reading(document, at)
        return Reply(HTTPStatus.OK, {"items": items, "next": None})

    def _shown(self, receipt_id: str, receipt: Receipt, at: float, *, quiet: bool = False) -> dict[str, Any]:
        document: dict[str, Any] = {
            "receipt_id": receipt_id,
            "status": "queued",
            "event_id": receipt.event.id,
            "source": receipt.event.source,
            "type": receipt.event.type,
            "reference": receipt.seen.reference,
        }
        if at >= receipt.settles_at and (said := receipt.refused) is not None:
            document |= {"status": "rejected", "code": said.code, "message": said.message, "rule": said.rule}
        elif at >= receipt.settles_at:
            _, answer = settled(receipt.seen, receipt.number)
            document |= {"status": "recorded"} | {name: answer[name] for name in _RECORDED if name in answer}
        if not quiet:
            self._note_reading(document, at)
        return document

    def _note_reading(self, document: Mapping[str, Any], at: float) -> None:
        """Note that a receipt was read, once for each status: whoever polls would fill the evidence with it."""
        shown = (document["receipt_id"], document["status"])
        if shown not in self._shown_as:
            self._shown_as.add(shown)
            self.evidence.append(Read(at=_rounded(at), receipt_id=shown[0], status=shown[1]))

    def _examined(
        self, named: Mapping[str, str], headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> list[Sighting]:
        present = self._present or Present.at(datetime.now(UTC), ZONE)
        return [sighted(read, self.county, present) for read in of_request(named, headers, body)]

    def _told(self, examined: list[Sighting], act: Act, at: float, *, taken: bool) -> Reply:
        results, facts = [], []
        for index, (seen, event) in enumerate(examined):
            result, fact = self._result(index, seen, event, at, taken=taken)
            results.append(result)
            facts.append(fact)
        reply = submission(results, act, dry_run=not taken)
        if taken:
            answered = None if act is Act.LOST else int(reply.status)
            self.evidence.append(Request(at=_rounded(at), act=act, status=answered, taken=True, events=tuple(facts)))
        return reply

    def _result(
        self, index: int, seen: Seen, event: CloudEvent | tuple[Refusal, ...], at: float, *, taken: bool
    ) -> tuple[dict[str, Any], Seen]:
        if not isinstance(event, CloudEvent):
            return refused_result(index, seen.id, event), seen
        receipt_id = str(event.identity(self.topic))
        known = self._receipts.get(receipt_id)
        if known is not None and known.seen.content != seen.content:
            reused = (refusal("id-reused", field="id"),)
            return refused_result(index, seen.id, reused), msgspec.structs.replace(seen, refused=("id-reused",))
        if known is None and taken:
            number = f"{self.county}-2026-{len(self._receipts) + 1:06}"
            refused = fate(event.type, self._script)
            self._receipts[receipt_id] = Receipt(event, seen, at + SETTLING, refused, number)
        status = "queued" if taken else "acceptable"
        return {"index": index, "status": status, "id": event.id, "receipt_id": receipt_id}, seen

    def _withheld(self, act: Act, events: Sequence[Seen], at: float) -> Reply:
        after = None if act is Act.BROKEN else RETRY_AFTER
        if act is Act.LIMITED:
            reply = problem(refusal("rate-limited", seconds=RETRY_AFTER), act, RETRY_AFTER)
        elif act is Act.UNAVAILABLE:
            reply = problem(refusal("not-accepted"), act, RETRY_AFTER)
        else:
            reply = Reply(HTTPStatus.BAD_GATEWAY, "<html>502 Bad Gateway</html>", act)
        self.evidence.append(
            Request(
                at=_rounded(at), act=act, status=int(reply.status), taken=False, events=tuple(events), retry_after=after
            )
        )
        return reply

    def _turned(self, found: Refusal, at: float) -> Reply:
        self.evidence.append(Turned(at=_rounded(at), status=found.status, code=found.code))
        return problem(found)


def _rounded(at: float) -> float:
    return round(at, 3)
