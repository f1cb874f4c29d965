"""What a field says of itself beyond its shape: the vocabulary of its code, its Chinese name, that its day is past, that it came later.

Each goes into the field's `Annotated`, and the doors take it from there: no list beside the models names a field.
"""

from __future__ import annotations

from msgspec import Meta

from duban_contracts.vocabulary import VOCABULARIES


def term(vocabulary: str) -> Meta:
    """Return what binds a field's code to the vocabulary whose file has that name; the field says `Code` with it.

    What is no term of it is refused at every door (:mod:`duban_contracts.terms`). Raises ValueError where there is no such
    file.
    """
    if vocabulary not in VOCABULARIES:
        raise ValueError(f"no vocabulary {vocabulary}")
    return Meta(
        description=f"a code of the vocabulary `{vocabulary}`",
        extra_json_schema={"x-vocabulary": vocabulary},
        extra={"vocabulary": vocabulary},
    )


def called(zh: str) -> Meta:
    """Return what gives a field its Chinese name, by which sentences about it begin (:mod:`duban_contracts.field_names`)."""
    return Meta(extra={"zh": zh})


def past(zh: str, code: str = "day-in-future", *, grace: bool = False) -> Meta:
    """Return what says of a field, called `zh`, that its day has come (:mod:`duban_contracts.past_days`).

    A day after today is refused by `code`, one before the city's first by `date-too-early`. With `grace`, tomorrow is
    taken, too: clocks and zones of other systems differ.
    """
    return Meta(extra={"zh": zh, "future": code, "grace": grace})


def later() -> Meta:
    """Return what says of a field with a default that its type was in use before there was such a field.

    What an event says is remembered without it where it says no more than that default (`codec.digest_of`), as it was before:
    so an event that is sent again after the upgrade is known again. It stays on the field for good.
    """
    return Meta(extra={"later": True})
