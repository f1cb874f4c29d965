"""Users, rights and quotas are declared as data (duban_contracts.kafka_users) and applied here, as often as one likes."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeAclsRequest, DescribeClientQuotasRequest

from duban_contracts.kafka_users import ADMIN, Operation, Resource, Right, User
from services.chassis.process.kafka import Broker
from services.chassis.publishing.administrator import administrator
from services.chassis.publishing.user_requests import (
    AlterPasswords,
    AlterQuotas,
    CreateAcls,
    DeleteAcls,
    DescribePasswords,
)

T = TypeVar("T")

# Kafka's own numbers.
_ANY, _ALLOW, _LITERAL, _PREFIXED = 1, 3, 3, 4
_RESOURCES: Final = {Resource.TOPIC: 2, Resource.GROUP: 3, Resource.TRANSACTIONAL_ID: 5, Resource.CLUSTER: 4}
_OPERATIONS: Final = {Operation.READ: 3, Operation.WRITE: 4, Operation.DESCRIBE: 8, Operation.DESCRIBE_CONFIGS: 10}
_OURS: Final = re.compile(r"county-[0-9]{6}|duban-[a-z]+")
# The passwords are long and random; more rounds would only make every connection slower.
_ROUNDS: Final = 8192
_AT_ONCE: Final = 500
_SETTLE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.05


class Binding(NamedTuple):
    """One right as a broker keeps it, in its own numbers and in the order of its protocol."""

    resource: int
    name: str
    pattern: int
    principal: str
    host: str
    operation: int
    permission: int

    @property
    def user(self) -> str:
        """Whose it is."""
        return self.principal.removeprefix("User:")

    def __str__(self) -> str:
        resource = next((kind for kind, number in _RESOURCES.items() if number == self.resource), self.resource)
        operation = next((how for how, number in _OPERATIONS.items() if number == self.operation), self.operation)
        star = "*" if self.pattern == _PREFIXED else ""
        deny = "" if self.permission == _ALLOW else "deny "
        return f"{self.user}: {deny}{operation} {resource} {self.name}{star}"


def binding(user: str, right: Right) -> Binding:
    """Return a declared right of `user` as a broker keeps it."""
    pattern = _PREFIXED if right.prefixed else _LITERAL
    resource, operation = _RESOURCES[right.resource], _OPERATIONS[right.operation]
    return Binding(resource, right.name, pattern, f"User:{user}", "*", operation, _ALLOW)


@dataclass(frozen=True, slots=True)
class State:
    """What a broker knows: who has a password, all rights, and the users' quotas."""

    users: frozenset[str]
    bindings: frozenset[Binding]
    quotas: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Changes:
    """What separates a broker from what is declared. `others` look like users of ours and are declared nowhere."""

    without_password: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    missing: tuple[Binding, ...] = ()
    excess: tuple[Binding, ...] = ()
    quotas: Mapping[str, Sequence[tuple[str, float, bool]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.without_password or self.others or self.missing or self.excess or self.quotas)

    def of_declared(self) -> Changes:
        """Return what concerns declared users only."""
        return replace(
            self,
            others=(),
            excess=tuple(each for each in self.excess if each.user not in self.others),
            quotas={name: changes for name, changes in self.quotas.items() if name not in self.others},
        )

    def lines(self) -> list[str]:
        """Return each difference on a line: + what is missing, - what is too much, ~ what is another measure."""
        return [
            *(f"+ {user}: user" for user in self.without_password),
            *(f"+ {each}" for each in self.missing),
            *(f"- {each}" for each in self.excess),
            *(f"- {user}: user" for user in self.others),
            *(
                f"~ {user}: quota {name} {'none' if removed else format(value, '.0f')}"
                for user, changes in self.quotas.items()
                for name, value, removed in changes
            ),
        ]


def compare(state: State, users: Sequence[User]) -> Changes:
    """Return what has to change for a broker in `state` to hold these users, and of theirs nothing else."""
    declared = {user.name for user in users}
    known = state.users | {each.user for each in state.bindings} | set(state.quotas)
    others = {name for name in known if _OURS.fullmatch(name)} - declared - {ADMIN}
    wanted = {binding(user.name, right) for user in users for right in user.rights}
    ours = {each for each in state.bindings if each.user in declared | others}
    quotas = {user.name: user.quota.values() if user.quota else {} for user in users} | {name: {} for name in others}
    changed = {name: _changed(state.quotas.get(name, {}), values) for name, values in quotas.items()}
    return Changes(
        tuple(sorted(declared - state.users)),
        tuple(sorted(others)),
        tuple(sorted(wanted - ours)),
        tuple(sorted(ours - wanted)),
        {name: changes for name, changes in sorted(changed.items()) if changes},
    )


def _changed(now: Mapping[str, float], wanted: Mapping[str, float]) -> list[tuple[str, float, bool]]:
    changed = [(name, value, False) for name, value in wanted.items() if now.get(name) != value]
    return changed + [(name, 0.0, True) for name in now if name not in wanted]


async def differences(bootstrap: Broker | str, users: Sequence[User]) -> Changes:
    """Return what separates the cluster from the declaration; raises KafkaError."""
    async with administrator(bootstrap) as admin:
        return compare(await _state(admin), users)


async def apply(
    bootstrap: Broker | str, users: Sequence[User], passwords: Mapping[str, str], *, remove_others: bool = False
) -> Changes:
    """Make the cluster hold these users; return what was different. Raises KafkaError.

    Everybody in `passwords` has that password afterwards. `remove_others` forgets users that look like ours and are
    declared nowhere, such as a county that left: never where two cities share a cluster.
    """
    async with administrator(bootstrap) as admin:
        changes = compare(await _state(admin), users)
        changes = changes if remove_others else changes.of_declared()
        await _send(admin, changes, passwords)
        nobody_knows = set(changes.without_password) - set(passwords)
        # A service that starts a moment too early would be refused: every broker has to have learnt of it.
        async with asyncio.timeout(_SETTLE_SECONDS):
            for node in [broker.nodeId for broker in admin._client.cluster.brokers()]:  # noqa: SLF001
                while _is_left(compare(await _state(admin, node), users), nobody_knows, others=remove_others):  # noqa: ASYNC110 - only asking tells
                    await asyncio.sleep(_PAUSE_SECONDS)
        return changes


def _is_left(changes: Changes, without_password: set[str], *, others: bool) -> bool:
    known = replace(changes, without_password=tuple(set(changes.without_password) - without_password))
    return bool(known if others else known.of_declared())


async def _send(admin: AIOKafkaAdminClient, changes: Changes, passwords: Mapping[str, str]) -> None:
    for some in _in_parts(list(passwords.items())):
        # Deriving the keys takes some milliseconds for each.
        salted = await asyncio.to_thread(_salted, some)
        _insist((await _ask(admin, AlterPasswords([], salted))).results, code=1)
    for others in _in_parts(changes.others):
        # One that had rights and no password is forgotten with its rights.
        known = [name for name in others if name in (await _state(admin)).users]
        if known:
            _insist((await _ask(admin, AlterPasswords(known, []))).results, code=1)
    for bindings in _in_parts(changes.missing):
        _insist((await _ask(admin, CreateAcls(bindings))).creation_responses)
    for bindings in _in_parts(changes.excess):
        _insist((await _ask(admin, DeleteAcls(bindings))).filter_responses)
    for entries in _in_parts(list(changes.quotas.items())):
        _insist((await _ask(admin, AlterQuotas(entries))).entries)


def _salted(passwords: Sequence[tuple[str, str]]) -> list[tuple[str, int, bytes, bytes]]:
    salts = [secrets.token_bytes(24) for _ in passwords]
    return [
        (user, _ROUNDS, salt, hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS))
        for (user, password), salt in zip(passwords, salts, strict=True)
    ]


async def _state(admin: AIOKafkaAdminClient, node: int | None = None) -> State:
    acls = await _ask(admin, DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY), node)
    # First of all, since to who may not ask for all passwords a broker of Kafka 4 never answers.
    _insist([(acls.error_code, acls.error_message)])
    passwords = await _ask(admin, DescribePasswords(), node)
    # Quotas of users, of whatever name: 2 stands for any.
    quotas = await _ask(admin, DescribeClientQuotasRequest([("user", 2, None)], True), node)  # noqa: FBT003
    for answer in (passwords, quotas):
        _insist([(answer.error_code, answer.error_message)])
    return State(
        frozenset(user for user, code, *_ in passwords.results if not code),
        frozenset(
            Binding(kind, name, pattern, principal, host, operation, permission)
            for kind, name, pattern, found in acls.resources
            for principal, host, operation, permission in found
        ),
        {entity[0][1]: dict(values) for entity, values in quotas.entries or () if entity[0][1]},
    )


async def _ask(admin: AIOKafkaAdminClient, request: Any, node: int | None = None) -> Any:
    return await admin._send_request(request, node)  # noqa: SLF001 - the library has no methods for these


def _insist(answers: Sequence[tuple[Any, ...]], *, code: int = 0) -> None:
    """Raise KafkaError with the broker's own words for the first answer that is an error."""
    for answer in answers:
        if answer[code]:
            error: type[KafkaError] = for_code(answer[code])
            raise error(answer[code + 1] or error.__name__)


def _in_parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), _AT_ONCE):
        yield items[begin : begin + _AT_ONCE]
