"""Read contacts.json of the city's profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from duban_contracts.profile import ProfileError, read
from duban_contracts.vocabulary import UNITS, VOCABULARIES, Vocabulary
from services.notifications.directory.model import Contacts

FILE: Final = "contacts.json"


def read_contacts(profile: Path) -> Contacts:
    """Return the contacts of the profile in this directory; raises ProfileError naming file, field and rule."""
    path = profile / FILE
    contacts = read(path, Contacts)
    for field, rule in _faults(contacts):
        raise ProfileError(path, field, rule)
    return contacts


def _faults(contacts: Contacts) -> Iterator[tuple[str, str]]:
    yield from _unknown("$.committee_office", [contacts.committee_office], UNITS)
    signs = [form.sign for form in contacts.letters.values()]
    if len(set(signs)) < len(signs):
        yield "$.letters", "two kinds can't share a sign: their numbers would collide"
    channels = VOCABULARIES["delivery_channels"]
    for kind, form in contacts.letters.items():
        yield from _unknown(f"$.letters.{kind}.channels", form.channels, channels)
        if len(set(form.channels)) < len(form.channels):
            yield f"$.letters.{kind}.channels", "names a channel twice"
    repeated = [key for key, count in Counter((o.county, o.unit) for o in contacts.offices).items() if count > 1]
    if repeated:
        yield "$.offices", f"{repeated[0]} appears twice"
    for index, office in enumerate(contacts.offices):
        yield from _unknown(f"$.offices[{index}].unit", [office.unit], UNITS)
        yield from _unknown(f"$.offices[{index}].addresses", office.addresses, channels)


def _unknown(field: str, codes: Iterable[str], vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    for code in codes:
        if code not in vocabulary:
            yield field, f"{code} is no code of the vocabulary {vocabulary.title}"
