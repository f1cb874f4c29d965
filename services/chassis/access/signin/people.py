"""Whose account a person has: by the claims of a token, or by the profile's `people.json`, keyed by subject.

A person gets what is said and nothing by default: what is missing, of another type, or unknown, is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import structlog
from msgspec import Meta

from duban_contracts.profile import City, ProfileError, read
from services.chassis.access.accounts import Account, fault_of
from services.chassis.access.principal import Principal
from services.chassis.access.roles import INTEGRATORS, Role, holds
from services.chassis.access.signin.refusals import Claims, TokenRefused
from services.chassis.process.clock import Clock
from services.chassis.process.sign_in import ClaimNames
from services.chassis.telemetry import metrics

FILE: Final = "people.json"
EVERY: Final = "*"
"""Stands for all sectors. A missing claim does not: then a mapping that somebody forgot would open everything."""

State = tuple[int, int, int] | None
"""Inode, time of change and size of a file, None where they can't be had."""

_ROLES: Final = frozenset(role.value for role in Role)
_MACHINE: Final = ("role", "a county's machine comes with a key and never signs in")
_log = structlog.get_logger(__name__)


class Person(Account, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account of `accounts.json`'s form, and the `sub` of whoever has it."""

    subject: Annotated[str, Meta(min_length=1, max_length=255)]


def pseudonym(issuer: str, subject: str) -> str:
    """Return the account of a subject for whom nobody says one: the same each time, and naming nobody."""
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()
    return f"p-{digest[:24]}"


def principal_of(claims: Claims, names: ClaimNames, city: City) -> Principal:
    """Return who the claims say that somebody is; raises TokenRefused `token-claims-unusable` with claim and rule."""
    said: dict[str, Any] = {
        "account": _account(claims, names),
        "role": _role(_at(claims, names.role), names.role),
        "area": _at(claims, names.area),
        "sectors": _sectors(_at(claims, names.sectors), names.sectors),
    }
    optional = {"unit": _at(claims, names.unit), "enterprise": _at(claims, names.enterprise)}
    said |= {name: value for name, value in optional.items() if value is not None}
    try:
        account = msgspec.convert(said, Account)
    except msgspec.ValidationError as error:
        rule, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`").partition("[")[0]
        raise _unusable(getattr(names, name, None) or name, rule) from error
    fault = _fault(account, city)
    if fault is not None:
        name, rule = fault
        raise _unusable(getattr(names, name), rule)
    return account.principal


def by_claims(names: ClaimNames, city: City) -> Callable[[Claims], Principal]:
    """Return what says whose account it is where the provider says so in claims of these names."""
    return partial(principal_of, names=names, city=city)


def _account(claims: Claims, names: ClaimNames) -> Any:
    return pseudonym(claims["iss"], claims["sub"]) if names.account is None else _at(claims, names.account)


def _role(value: Any, claim: str) -> str:
    """Return the one role of ours; a list (of a provider's groups or roles) may hold others beside it."""
    listed = value if isinstance(value, list) else [value]
    ours = {each for each in listed if isinstance(each, str) and each in _ROLES}
    if len(ours) != 1:
        raise _unusable(claim, f"must name exactly one role of this platform, not {len(ours)}")
    return ours.pop()


def _sectors(value: Any, claim: str) -> tuple[Any, ...]:
    listed = value if isinstance(value, list) else [value]
    if listed == [EVERY]:
        return ()
    if not listed or not all(isinstance(each, str) and each not in {"", EVERY} for each in listed):
        raise _unusable(claim, f"must list codes of sectors, or be {EVERY} for all")
    return tuple(listed)


def _at(claims: Claims, name: str) -> Any:
    """Return the claim of this very name, else what stands at the dotted path; None when there is neither."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _fault(account: Account, city: City) -> tuple[str, str] | None:
    return _MACHINE if holds(account, INTEGRATORS) else fault_of(account, city)


def _unusable(claim: str, rule: str) -> TokenRefused:
    return TokenRefused("token-claims-unusable", claim=claim, rule=rule)


def load_people(path: Path, city: City) -> Mapping[str, Person]:
    """Read `people.json` of the profile of `city`, by subject; raises ProfileError naming file, field and rule."""
    found: dict[str, Person] = {}
    accounts: set[str] = set()
    for index, person in enumerate(read(path, tuple[Person, ...])):
        if person.subject in found:
            raise ProfileError(path, f"$[{index}].subject", "stands here twice")
        if person.account in accounts:
            raise ProfileError(path, f"$[{index}].account", f"{person.account} appears twice")
        fault = _fault(person, city)
        if fault is not None:
            name, rule = fault
            raise ProfileError(path, f"$[{index}].{name}", rule)
        found[person.subject] = person
        accounts.add(person.account)
    return found


class Directory:
    """`people.json`, read again when it changed: whoever leaves is out at once, without a restart.

    Raises ProfileError when it is wrong at the start, OSError when it can't be read. When it becomes so later, that is
    logged and told by a gauge, and the last good one holds until it is mended.
    """

    def __init__(self, directory: Path, city: City, clock: Clock) -> None:
        self._path = directory / FILE
        self._city = city
        self._clock = clock
        # The state before the content: what is written in between is read again, and not taken for read.
        self._seen = self._state()
        self._people = load_people(self._path, self._city)
        self._wrong: State = None
        self._told: tuple[State, type[Exception]] | None = None

    def whose(self, claims: Claims) -> Principal:
        """Return whose account the subject of `claims` has; raises TokenRefused `token-account-unknown`."""
        return self.principal(claims["sub"])

    def principal(self, subject: str) -> Principal:
        """Return whose account `subject` has; raises TokenRefused `token-account-unknown`."""
        self._keep_up()
        person = self._people.get(subject)
        if person is None:
            raise TokenRefused("token-account-unknown")
        return person.principal

    def _keep_up(self) -> None:
        state = self._state()
        if state is not None and state == self._seen:
            self._is_in_force()
        elif state is None or state != self._wrong:
            self._read_again(state)

    def _read_again(self, state: State) -> None:
        try:
            self._people = load_people(self._path, self._city)
        except ProfileError as error:
            # Its content won't get better while the file stays as it is.
            self._wrong = state
            self._is_unread(state, error)
        except OSError as error:
            # Rights that are given back change nothing of the file: the next token tries again.
            self._is_unread(state, error)
        else:
            self._seen, self._wrong = state, None
            self._is_in_force()

    def _is_in_force(self) -> None:
        self._told = None
        metrics.SIGN_IN_PEOPLE_UNREAD.set(0)

    def _is_unread(self, state: State, error: Exception) -> None:
        if self._told is None:
            metrics.SIGN_IN_PEOPLE_UNREAD.set(self._clock.wall().timestamp())
        if self._told != (state, type(error)):
            # The error names a place in the file and a rule, no subject. Once, not with each token.
            _log.error("people can't be read again", file=str(self._path), exc_info=error)
        self._told = (state, type(error))

    def _state(self) -> State:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
