"""A county's publisher in a few lines, and what careless ones do instead; it speaks to a city over any wire."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.script import Act

BATCH = "application/cloudevents-batch+json"
Answer = tuple[int | None, dict[str, str], Any]


class Wire(Protocol):
    def call(self, method: str, path: str, body: bytes | None = None) -> Answer: ...

    def wait(self, seconds: float) -> None: ...


@dataclass
class Virtual:
    """Speaks to a city in this process; time passes when one waits."""

    city: City
    now: float = 0.0

    def call(self, method: str, path: str, body: bytes | None = None) -> Answer:
        self.now += 0.01
        target = urlsplit(path)
        key = f"Bearer {self.city.key}"
        if method == "POST":
            headers = [(b"authorization", key.encode()), (b"content-type", BATCH.encode())]
            reply = self.city.submit(headers, body or b"", self.now)
        elif target.path == "/v1/receipts":
            status = target.query.partition("=")[2] or None
            reply = self.city.receipts({"authorization": key}, status, self.now)
        elif target.path == "/v1/feed":
            reply = self.city.feed({"authorization": key}, target.query.partition("=")[2], self.now)
        else:
            reply = self.city.receipt({"authorization": key}, target.path.rpartition("/")[2], self.now)
        if reply.act is Act.LOST:
            return None, {}, None
        return reply.status, dict(reply.headers), reply.document

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.city.tick(self.now)


@dataclass
class Http:
    """Speaks to a gateway by its address, with the standard library; waiting is real."""

    url: str
    key: str
    pause: Any

    def call(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": BATCH}
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            raw = error.read()
            return error.code, dict(error.headers), json.loads(raw) if raw.startswith(b"{") else None
        except OSError:
            return None, {}, None

    def wait(self, seconds: float) -> None:
        self.pause(seconds)


@dataclass
class Publisher:
    """Sends each event until it is accepted, one request after the other, and reads its receipts."""

    wire: Wire
    receipts: dict[str, str] = field(default_factory=dict)

    def run(self, batches: Iterable[list[dict[str, Any]]]) -> None:
        for batch in batches:
            self.send(batch)
        self.read()

    def send(self, batch: list[dict[str, Any]]) -> None:
        while True:
            status, headers, document = self.attempt(batch)
            if status is not None and status < 500 and status != 429:
                for result in document["results"]:
                    if result["status"] == "queued":
                        self.receipts[result["receipt_id"]] = result["id"]
                return
            self.wire.wait(float(headers.get("Retry-After", 1)))
            batch = self.again(batch)

    def attempt(self, batch: list[dict[str, Any]]) -> Answer:
        return self.wire.call("POST", "/v1/events", json.dumps(batch, ensure_ascii=False).encode())

    def again(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return batch

    def read(self) -> None:
        left = list(self.receipts)
        while left:
            self.wire.wait(1)
            shown = [self.wire.call("GET", f"/v1/receipts/{receipt}")[2] for receipt in left]
            left = [one["receipt_id"] for one in shown if one["status"] == "queued"]


class NewIds(Publisher):
    """Makes new ids whenever it sends again."""

    def again(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [event | {"id": f"{event['id']}+"} for event in batch]


class NoRetry(Publisher):
    """Sends once, whatever the answer is."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        self.attempt(batch)


class Impatient(Publisher):
    """Sends again at once."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        while True:
            status, _, document = self.attempt(batch)
            if status is not None and status < 500 and status != 429:
                self.receipts |= {result["receipt_id"]: result["id"] for result in document["results"]}
                return


class Deaf(Publisher):
    """Never reads a receipt."""

    def read(self) -> None:
        return


class Overtaking(Publisher):
    """Goes on with the next event and comes back to what failed at the end."""

    def run(self, batches: Iterable[list[dict[str, Any]]]) -> None:
        failed = []
        for batch in batches:
            status, _, document = self.attempt(batch)
            if status is None or status >= 500 or status == 429:
                failed.append(batch)
            else:
                self.receipts |= {result["receipt_id"]: result["id"] for result in document["results"]}
            self.wire.wait(1)
        for batch in failed:
            self.send(batch)
        self.read()


class Changing(Publisher):
    """Puts other content under the id that it sends again."""

    def again(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [event | {"data": event["data"] | {"place": f"{event['data']['place']}改"}} for event in batch]


class Blind(Publisher):
    """Takes a refusal for a fault of the network."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        for _ in range(8):
            self.attempt(batch)
            self.wire.wait(1)


def report(number: int, reference: str | None = None, **data: Any) -> dict[str, Any]:
    """The 隐患上报 `number` of a county, in structured mode."""
    return {
        "specversion": "1.0",
        "id": f"e-{number:04}",
        "source": "/county/140502/vendor",
        "type": "duban.hazard.reported.v1",
        "time": f"2026-11-21T08:{number // 60:02}:{number % 60:02}+08:00",
        "data": {
            "county": "140502",
            "reference": reference or f"CQ-{number:04}",
            "channel": "inspection",
            "sector": "hazchem",
            "enterprise": {"name": "示例化工有限公司"},
            "place": f"储罐区{number}",
            "description": "可燃气体探测器失效",
            "found_on": "2026-11-20",
            **data,
        },
    }


def life(number: int) -> list[dict[str, Any]]:
    """The report of a hazard and its correction: two events of one reference."""
    return [report(2 * number, f"CQ-{number:04}"), report(2 * number + 1, f"CQ-{number:04}", description="已更正")]
