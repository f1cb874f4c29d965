"""What a county's system can write to its topic, right and wrong, and what has to become of each record. Pure."""

from __future__ import annotations

import enum
import json
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.validation import MOST_EVENT_BYTES

Headers = tuple[tuple[str, bytes | None], ...]
CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
REPORTED: Final = "duban.hazard.reported.v1"
RECTIFIED: Final = "duban.hazard.rectified.v1"
# The day before the one on which the platform's clock begins.
FOUND_ON: Final = "2026-03-01"
_BATCH: Final = 5
_BLANKS: Final = (" ", "\u3000", "\u200b", "\ufeff", "\u2800", "\u3164")


class Fate(enum.Enum):
    """What has to become of a record that the broker took."""

    RECORDED = "recorded"
    WAITING = "waiting"
    REFUSED = "refused"
    REPEATED = "repeated"
    """The same event again: it has its answer already."""
    NOTHING = "nothing"
    """Its publisher took it back."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its bytes, and its fate. With REFUSED, `code` is what it has to be refused for.

    `identified` says that source and id can be read, so that the answer has to name them.
    """

    kind: str
    value: bytes | None
    headers: Headers = ()
    key: bytes | None = None
    fate: Fate = Fate.RECORDED
    code: str | None = None
    event: CloudEvent | None = field(default=None, compare=False)


class Mischief:
    """Writes the records of one county, round by round; the same seed writes the same."""

    def __init__(self, county: str, seed: int) -> None:
        self.county = county
        self.source = f"/county/{county}/hostile"
        self._dice = random.Random(f"hostile-{seed}-{county}")
        self._written = 0
        self.hazards: dict[str, str] = {}
        """The hazards that must come of it: reference and description."""

    def round(self) -> list[Record]:
        """Return one record of every kind, in an order of chance; what depends on order stays in it."""
        groups = [
            *self._encodings(),
            *self._texts(),
            *self._days(),
            *self._envelopes(),
            *self._payloads(),
            *self._series(),
        ]
        self._dice.shuffle(groups)
        return [record for group in groups for record in group]

    def right(self, kind: str = "right") -> Record:
        """Return a right report; a hazard must come of it."""
        reference = self._reference()
        self.hazards[reference] = _DESCRIPTION
        return self._report(kind, reference)

    def batch(self, codec: str) -> list[Record]:
        """Return right reports that travel in one batch of `codec`."""
        return [self.right(f"codec {codec}") for _ in range(_BATCH)]

    def corrected(self) -> tuple[Record, Record]:
        """Return a report and its correction, for two programs of different makes: what was written last stands."""
        reference = self._reference()
        self.hazards[reference] = _LATER
        kind = "two partitioners"
        return self._report(kind, reference), self._report(kind, reference, description=_LATER)

    def taken_back(self, kind: str) -> Record:
        """Return a right report whose transaction will not be committed."""
        return replace(self._report(kind, self._reference()), fate=Fate.NOTHING)

    def flood(self, number: int) -> list[Record]:
        """Return records that are no events at all."""
        noise = (self._dice.randbytes(self._dice.randint(1, 200)) for _ in range(number))
        return [self._refused("flood", "bad-envelope", value=value) for value in noise]

    def bomb(self) -> Record:
        """Return a record that a codec packs into little, and that unfolds beyond every bound."""
        return self._refused("bomb", "unreadable-batch", value=bytes(64 * 1024 * 1024))

    def _encodings(self) -> Iterator[list[Record]]:
        for encoding in ("gbk", "utf-16", "utf-8-sig"):
            report = self._report(encoding, self._reference())
            assert report.value is not None
            yield [_refused(report, "bad-encoding", value=report.value.decode().encode(encoding))]
        report = self._report("damaged byte", self._reference())
        assert report.value is not None
        yield [_refused(report, "bad-encoding", value=report.value.replace("区".encode(), b"\xe5\x8c"))]
        report = self._report("source in gbk", self._reference())
        source = f"/县/{self.county}".encode("gbk")
        headers = tuple((name, source if name == "ce_source" else value) for name, value in report.headers)
        yield [replace(_refused(report, "bad-encoding"), headers=headers, event=None)]

    def _texts(self) -> Iterator[list[Record]]:
        blank = self._dice.choice(_BLANKS)
        yield [_refused(self._report("blank reference", blank), "blank-text")]
        for name in ("place", "description"):
            yield [_refused(self._report(f"blank {name}", self._reference(), **{name: blank}), "blank-text")]
        turned = f"{self._reference()}\u202e"
        yield [_refused(self._report("marks of direction", turned), "control-character")]
        reference = self._reference()
        self.hazards[reference] = _LATER
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in reference)
        yield [self._report("look-alike", reference), self._report("look-alike", wide, description=_LATER)]

    def _days(self) -> Iterator[list[Record]]:
        for day, code in (
            ("2099-01-01", "found-in-future"),
            ("9999-12-31", "found-in-future"),
            ("0001-01-01", "date-too-early"),
        ):
            yield [_refused(self._report(f"found on {day}", self._reference(), found_on=day), code)]
        yield [_refused(self._report("29 February", self._reference(), found_on="2026-02-29"), "bad-date")]
        for time in ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "now"):
            report = self._report(f"time {time}", self._reference())
            yield [_refused(report, "bad-envelope", headers=(*report.headers, ("ce_time", time.encode())))]

    def _envelopes(self) -> Iterator[list[Record]]:
        yield [self._refused("tombstone", "bad-envelope", value=None)]
        yield [self._refused("no headers", "bad-envelope", value=json.dumps(self._data(self._reference())).encode())]
        report = self._report("unknown type", self._reference())
        headers = tuple(
            (name, b"duban.hazard.sold.v1" if name == "ce_type" else value) for name, value in report.headers
        )
        yield [_refused(report, "unknown-event-type", headers=headers)]
        for foreign in (("dd-pathway-ctx", b"\x9a\xf1\xc3"), ("operator", "安全员".encode("gbk")), ("x-trace", None)):
            report = self.right("foreign header")
            yield [replace(report, headers=(*report.headers, foreign))]
        for key in (struct.pack(">q", self._dice.randint(0, 2**40)), b"", None):
            yield [replace(self.right("foreign key"), key=key)]

    def _payloads(self) -> Iterator[list[Record]]:
        report = self._report("half a payload", self._reference())
        assert report.value is not None
        yield [_refused(report, "not-json", value=report.value[:-20])]
        deep = self._report("nested too deep", self._reference())
        yield [_refused(deep, None, value=b"[" * 50_000)]
        twice = self._report("a name twice", self._reference())
        assert twice.value is not None
        yield [_refused(twice, "repeated-name", value=twice.value[:-1] + b', "county": "140581"}')]
        yield [_refused(self._report("another county", self._reference(), county="140581"), "county-mismatch")]
        large = self._report("oversize", self._reference(), description="长" * (MOST_EVENT_BYTES // 3))
        yield [_refused(large, "event-too-large")]
        yield [_refused(self._report("sector by name", self._reference(), sector="危险化学品"), "unknown-term")]

    def _series(self) -> Iterator[list[Record]]:
        first = self.right("id reused")
        assert first.event is not None
        other = self._report("id reused", self._reference(), event_id=first.event.id)
        yield [first, _refused(other, "id-reused")]
        again = self.right("sent again")
        yield [again, replace(again, fate=Fate.REPEATED), replace(again, fate=Fate.REPEATED)]
        early = self._reference()
        self.hazards[early] = _DESCRIPTION
        done = {
            "county": self.county,
            "reference": early,
            "measures": "已更换",
            "completed_on": FOUND_ON,
            "submitted_by": "e-1",
        }
        waits = self._event("done before reported", RECTIFIED, done, early)
        yield [replace(waits, fate=Fate.WAITING), self._report("done before reported", early)]

    def _report(self, kind: str, reference: str, *, event_id: str | None = None, **fields: Any) -> Record:
        return self._event(kind, REPORTED, self._data(reference) | fields, reference, event_id)

    def _event(self, kind: str, type_: str, data: dict[str, Any], key: str, event_id: str | None = None) -> Record:
        named = event_id or f"{self._dice.getrandbits(64):016x}"
        value = json.dumps(data, ensure_ascii=False).encode()
        headers = (
            ("ce_specversion", b"1.0"),
            ("ce_id", named.encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", type_.encode()),
            ("content-type", b"application/json"),
        )
        event = CloudEvent(id=named, source=self.source, type=type_, data=value)
        return Record(kind, value, headers, key.encode(), event=event)

    def _data(self, reference: str) -> dict[str, Any]:
        return {
            "county": self.county,
            "reference": reference,
            "channel": "inspection",
            "sector": "hazchem",
            "enterprise": {"name": "虚构化工有限公司"},
            "place": "储罐区",
            "description": _DESCRIPTION,
            "found_on": FOUND_ON,
        }

    def _refused(self, kind: str, code: str, *, value: bytes | None) -> Record:
        return Record(kind, value, fate=Fate.REFUSED, code=code)

    def _reference(self) -> str:
        self._written += 1
        return f"HOSTILE-{self.county}-{self._written:06d}"


_DESCRIPTION: Final = "可燃气体探测器失效"
_LATER: Final = "可燃气体探测器失效，且未校验"


def _refused(record: Record, code: str | None, **changes: Any) -> Record:
    return replace(record, fate=Fate.REFUSED, code=code, **changes)
