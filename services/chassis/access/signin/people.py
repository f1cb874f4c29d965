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
from services.chassis.access.signin.tokens import Claims, TokenRefused
from services.chassis.process.sign_in import ClaimNames

FILE: Final = "people.json"
EVERY: Final = "*"
"""Stands for all sectors. A missing claim does not: then a mapping that somebody forgot would open everything."""

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

    Raises ProfileError when it is wrong at the start; one that becomes wrong later is logged, and the last good one holds.
    """

    def __init__(self, directory: Path, city: City) -> None:
        self._path = directory / FILE
        self._city = city
        self._people = load_people(self._path, city)
        self._seen = self._state()

    def whose(self, claims: Claims) -> Principal:
        """Return whose account the subject of `claims` has; raises TokenRefused `token-account-unknown`."""
        return self.principal(claims["sub"])

    def principal(self, subject: str) -> Principal:
        """Return whose account `subject` has; raises TokenRefused `token-account-unknown`."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            self._read_again()
        person = self._people.get(subject)
        if person is None:
            raise TokenRefused("token-account-unknown")
        return person.principal

    def _read_again(self) -> None:
        try:
            self._people = load_people(self._path, self._city)
        except (OSError, ProfileError) as error:
            # The error names a place in the file and a rule, no subject.
            _log.exception("people can't be read again", file=str(self._path), error=type(error).__name__)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
