"""`Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header): a command whose answer was lost is safe to repeat.

    async with deps.database.transaction() as connection:
        await once.begin(connection, caller.account)
        letter = await acknowledge_letter(connection, ...)
        return await once.keep(connection, answer(LetterDocument.of(letter), version=letter.version))

The first answer is written in the command's own transaction and given again for as long as the installation says
(`DUBAN_ANSWERS_HOURS`, a day); a refusal records nothing and
is not kept, so that the command can be tried again. A request in flight holds an advisory lock until its transaction
ends, however it ends: nothing is left behind by a process that dies. Bodies are kept as they were answered, so no
route that answers with a reporter's data takes a key.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Header, Request, Response

from duban_contracts.not_json import NOT_JSON
from duban_contracts.refusals import refusal
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.forgetting import in_rounds
from services.chassis.telemetry import acts
from services.chassis.web.bodies import MOST_COMMAND_BYTES, read_body
from services.chassis.web.documents import JSON
from services.chassis.web.problems import Problem, may_answer

LONGEST_KEY: Final = 255
REPLAYED: Final = "Idempotency-Replayed"
RETRY_AFTER_SECONDS: Final = 1
_FORGOTTEN_AT_ONCE: Final = 5000
# The draft writes a quoted string; many clients leave the quotes out.
_KEY: Final = re.compile(rf'(?:"([\x21\x23-\x5b\x5d-\x7e]{{1,{LONGEST_KEY}}})"|([\x21\x23-\x7e]{{1,{LONGEST_KEY}}}))\Z')
_DESCRIPTION: Final = "a fresh key for each operation, the same key for its repetitions"
# For OpenAPI alone: FastAPI would answer 422, and a wrong header is 400.
_SCHEMA: Final = {"pattern": rf"^([\x21\x23-\x7e]{{1,{LONGEST_KEY}}}|\"[\x21\x23-\x5b\x5d-\x7e]{{1,{LONGEST_KEY}}}\")$"}


class AnsweredBefore(Exception):
    """The request was carried out already; `response` is its first answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(slots=True)
class Attempt:
    """One request that may be a repetition. Without a key it is none, and nothing here does anything."""

    key: str | None = None
    fingerprint: bytes = b""
    account: str = field(default="", init=False)
    is_open: bool = field(default=False, init=False)
    """It has begun, and its answer is not kept yet."""
    act: acts.Act | None = field(default_factory=acts.current, init=False, repr=False, compare=False)
    """The request as the trail tells it: carried out is what keeps an answer."""

    def __post_init__(self) -> None:
        if self.act is not None:
            self.act.is_kept_by_answer = True

    async def begin(self, connection: Connection, account: str) -> None:
        """Claim the key for `account` in the command's transaction, before anything is decided.

        Raises AnsweredBefore with the first answer; Problem 409 while another request under the key is in flight, 422
        when the key stands for another request.
        """
        (outcome,) = await begin_all(connection, [(self, account)])
        if isinstance(outcome, Problem):
            raise outcome
        if outcome is not None:
            raise AnsweredBefore(outcome)

    async def keep(self, connection: Connection, response: Response) -> Response:
        """Keep `response` as the answer, in the same transaction; return it."""
        await keep_all(connection, [(self, response)])
        return response

    @property
    def lock(self) -> int:
        """The advisory lock that says "in flight"; two keys that share one by chance wait for each other at worst."""
        text = f"{self.account}\0{self.key}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), signed=True)


_LOCKS: Final = Columns[Attempt]({"lock": "bigint"})
_NAMES: Final = Columns[Attempt]({"account": "text", "key": "text"})
_ANSWERS: Final = Columns[tuple[Attempt, Response]](
    {
        "account": ("text", lambda kept: kept[0].account),
        "key": ("text", lambda kept: kept[0].key),
        "fingerprint": ("bytea", lambda kept: kept[0].fingerprint),
        "status": ("integer", lambda kept: kept[1].status_code),
        "etag": ("text", lambda kept: kept[1].headers.get("etag")),
        "body": ("bytea", lambda kept: bytes(kept[1].body)),
    }
)


async def begin_all(connection: Connection, attempts: Sequence[tuple[Attempt, str]]) -> list[Response | Problem | None]:
    """Claim the keys of several requests (attempt, account) in one transaction; return for each what stands.

    None: it may go on. A response: its first answer. A Problem: in flight elsewhere (409), or another request (422).
    """
    for attempt, account in attempts:
        attempt.account = account
    keyed = [attempt for attempt, _ in attempts if attempt.key is not None]
    if not keyed:
        return [None] * len(attempts)
    held = await _lock(connection, keyed)
    # After the locks and in a statement of its own: it sees what the last holder committed.
    known = await _known(connection, keyed)
    outcomes = [_outcome(attempt, held, known) for attempt, _ in attempts]
    for (attempt, _), outcome in zip(attempts, outcomes, strict=True):
        attempt.is_open = attempt.key is not None and outcome is None
    return outcomes


async def keep_all(connection: Connection, answers: Sequence[tuple[Attempt, Response]]) -> None:
    """Keep the answers of requests that began in this transaction; errors are not kept."""
    kept = [(attempt, response) for attempt, response in answers if attempt.is_open and response.status_code < 400]  # noqa: PLR2004
    for attempt, response in answers:
        if attempt.act is not None and not attempt.act.is_repeated and response.status_code < 400:  # noqa: PLR2004
            attempt.act.status = response.status_code
        attempt.is_open = False
    if kept:
        await connection.execute(_ANSWERS.insert("idempotent_answer"), *_ANSWERS.arguments(kept))


async def forget_old(database: Database, *, keep: timedelta) -> int:
    """Delete answers that were given longer ago than `keep` (wall time); return how many."""
    return await in_rounds(database, partial(_forget, keep), at_once=_FORGOTTEN_AT_ONCE)


async def _forget(keep: timedelta, connection: Connection, limit: int) -> int:
    status: str = await connection.execute(
        """DELETE FROM idempotent_answer WHERE (account, key) IN
             (SELECT account, key FROM idempotent_answer WHERE answered_at < now() - $1::interval
               ORDER BY answered_at LIMIT $2 FOR UPDATE SKIP LOCKED)""",
        keep,
        limit,
    )
    return int(status.removeprefix("DELETE "))


async def _lock(connection: Connection, attempts: Sequence[Attempt]) -> dict[int, Attempt]:
    """Return who of `attempts` holds which lock: the first of each, unless another session has it."""
    first: dict[int, Attempt] = {}
    for attempt in attempts:
        first.setdefault(attempt.lock, attempt)
    rows = await connection.fetch(
        f"SELECT lock, pg_try_advisory_xact_lock(lock) AS held FROM {_LOCKS.rows('asked')}",  # noqa: S608
        *_LOCKS.arguments(first.values()),
    )
    return {row["lock"]: first[row["lock"]] for row in rows if row["held"]}


async def _known(connection: Connection, attempts: Sequence[Attempt]) -> dict[tuple[str, str | None], Kept]:
    rows = await connection.fetch(
        f"""SELECT account, key, fingerprint, status, etag, body
              FROM idempotent_answer JOIN {_NAMES.rows("asked")} USING (account, key)""",  # noqa: S608
        *_NAMES.arguments(attempts),
    )
    return {(row["account"], row["key"]): Kept(*list(row.values())[2:]) for row in rows}


@dataclass(frozen=True, slots=True)
class Kept:
    """A first answer as the table holds it."""

    fingerprint: bytes
    status: int
    etag: str | None
    body: bytes

    def again(self) -> Response:
        """Return it as it was given, marked as a repetition."""
        headers = {REPLAYED: "true"} | ({"ETag": self.etag} if self.etag else {})
        return Response(self.body, status_code=self.status, headers=headers, media_type=JSON)


def _outcome(
    attempt: Attempt, held: dict[int, Attempt], known: dict[tuple[str, str | None], Kept]
) -> Response | Problem | None:
    if attempt.key is None:
        return None
    kept = known.get((attempt.account, attempt.key))
    if kept is not None:
        same = kept.fingerprint == attempt.fingerprint
        if same and attempt.act is not None:
            attempt.act.is_repeated = True
        return kept.again() if same else Problem("idempotency-key-reused", field="Idempotency-Key")
    if held.get(attempt.lock) is not attempt:
        return Problem.of(
            refusal("idempotency-in-progress", field="Idempotency-Key"),
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    return None


def parse_key(header: str) -> str:
    """Return the key of an Idempotency-Key header; raises Problem 400 `invalid-idempotency-key`."""
    match = _KEY.match(header)
    if match is None:
        raise Problem("invalid-idempotency-key", field="Idempotency-Key", limit=LONGEST_KEY)
    return match[1] or match[2]


def fingerprint_of(method: str, address: str, body: bytes) -> bytes:
    """Return what makes two requests the same; layout and order of fields don't count."""
    with contextlib.suppress(*NOT_JSON):
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    return hashlib.sha256(f"{method} {address}\n".encode() + body).digest()


@may_answer("invalid-idempotency-key", "idempotency-in-progress", "idempotency-key-reused")
async def _once(
    request: Request,
    idempotency_key: Annotated[str | None, Header(description=_DESCRIPTION, json_schema_extra=_SCHEMA)] = None,
) -> Attempt:
    if idempotency_key is None:
        return Attempt()
    address = f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
    return Attempt(
        parse_key(idempotency_key),
        fingerprint_of(request.method, address, await read_body(request, MOST_COMMAND_BYTES)),
    )


Once = Annotated[Attempt, Depends(_once)]
"""A route's parameter: the request may be repeated safely."""
