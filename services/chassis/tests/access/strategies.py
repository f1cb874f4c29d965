"""Accounts, rows and scopes that meet often enough to tell them apart."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Facts, Scope

_COUNTIES = ("140502", "140521", "140571", "140600")
_TOWNSHIPS = ("140502001", "140502002", "140521100")
_SECTORS = ("coal_mine", "fire", "煤矿", "a'b\"c\\d%_")
_UNITS = ("emergency_management", "fire_rescue")
_ENTERPRISES = ("91140502XXXX000192", "91140502XXXX00027W")


def _maybe(codes: tuple[str, ...]) -> SearchStrategy[str | None]:
    return st.none() | st.sampled_from(codes)


def codes() -> SearchStrategy[frozenset[str]]:
    """Return sets of codes of any dimension, the empty set included."""
    return st.frozensets(st.sampled_from(_COUNTIES + _TOWNSHIPS + _SECTORS + _UNITS + _ENTERPRISES), max_size=5)


def facts() -> SearchStrategy[Facts]:
    """Return rows, some of which don't say everything."""
    return st.builds(
        Facts, _maybe(_COUNTIES), _maybe(_TOWNSHIPS), _maybe(_SECTORS), _maybe(_UNITS), _maybe(_ENTERPRISES)
    )


def scopes() -> SearchStrategy[Scope]:
    """Return scopes restricted anywhere, to anything, to nothing."""

    def some(values: tuple[str, ...]) -> SearchStrategy[frozenset[str] | None]:
        return st.none() | st.frozensets(st.sampled_from(values))

    return st.builds(
        Scope,
        county=some(_COUNTIES),
        township=some(_TOWNSHIPS),
        sector=some(_SECTORS),
        unit=some(_UNITS),
        enterprise=some(_ENTERPRISES),
    )


def principals() -> SearchStrategy[Principal]:
    """Return accounts of every role."""
    return st.builds(
        Principal,
        st.just("a"),
        st.sampled_from(Role),
        st.sampled_from(("140500", *_COUNTIES, *_TOWNSHIPS)),
        _maybe(_UNITS),
        st.lists(st.sampled_from(_SECTORS), max_size=2).map(tuple),
        _maybe(_ENTERPRISES),
    )
