"""The same person is the same however it was written down, and a text that names the reporter is noticed."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Enterprise
from services.ledger.tips.documents import ReceiveTip
from services.ledger.tips.model.tip import TipChannel
from services.ledger.vault.model import keyring
from services.ledger.vault.model.envelope import blind_indices
from services.ledger.vault.model.identity import Identifier, Identity, identifiers, naming, stands_in, texts_of

RING = keyring.fresh("k1", os.urandom(32), os.urandom(32))
DIGITS = st.text("0123456789", min_size=11, max_size=11).map(lambda text: "1" + text[1:])


@given(DIGITS, st.sampled_from(["", "+86", "86 ", "0086-"]), st.sampled_from(["", " ", "-"]))
def test_a_phone_is_one_phone_however_it_is_written(phone: str, before: str, between: str) -> None:
    written = before + between.join((phone[:3], phone[3:7], phone[7:]))
    assert identifiers(Identity(phone=written)) == {Identifier.PHONE: phone}


def test_names_and_contacts_tell_nobody_apart_and_kinds_are_not_mixed() -> None:
    assert identifiers(Identity(name="王某某", contact="王某某的信箱")) == {}
    number = "11010519491231002X"
    assert identifiers(Identity(id_number=number.lower())) == {Identifier.ID_NUMBER: number}
    found = blind_indices(Identity(phone="13800000000", id_number="138000000001234567"), RING)
    assert len(set(found.values())) == 2
    assert all(len(digest) == 32 for digest in found.values())


@pytest.mark.promise("P8")
def test_another_index_key_gives_another_index() -> None:
    person = Identity(phone="13800000000")
    other = keyring.fresh("k1", os.urandom(32), os.urandom(32))
    assert blind_indices(person, RING) == blind_indices(Identity(name="甲", phone="+86 138-0000-0000"), RING)
    assert blind_indices(person, RING) != blind_indices(person, other)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("车间堵塞了安全出口", False),
        ("举报人王 某某称", True),
        ("请回电１３８ ００００ ００００", True),
        ("身份证11010519491231002x", True),
        ("电话0355-1234", False),
    ],
)
def test_a_text_that_names_the_reporter_is_noticed(text: str, named: bool) -> None:  # noqa: FBT001
    reporter = Identity(name="王某某", phone="+86 138 0000 0000", id_number="11010519491231002X")
    assert stands_in(reporter, text) is named


@pytest.mark.promise("P8")
def test_every_text_of_a_command_is_compared_and_the_identity_itself_is_none_of_them() -> None:
    said = ReceiveTip(
        channel=TipChannel.WEB,
        county="140502",
        sector="fire_safety",
        place="东街",
        content="出口堵塞",
        enterprise=Enterprise(name="王某某商店（虚构）"),
        reporter=Identity(name="王某某"),
    )
    free = {"place": "东街", "content": "出口堵塞", "enterprise.name": "王某某商店（虚构）"}
    assert dict(texts_of(said)) == {"county": "140502", "sector": "fire_safety", **free}
    # An enterprise may be called like the person; a place that is known already tells nothing.
    assert naming(Identity(name="王某某"), said) is None
    assert naming(Identity(contact="王某某商店"), said) == "enterprise.name"
    assert naming(Identity(name="东街"), said) == "place"
    assert naming(Identity(name="东街"), said, {"东街"}) is None
    assert naming(Identity(name="李某某", phone="13800000000"), said) is None
    lists = {"measures": [{"by": ["王某某"]}], "王某某": 1}
    assert list(texts_of(lists, "said")) == [
        ("said", "measures"),
        ("said.measures[0]", "by"),
        ("said.measures[0].by[0]", "王某某"),
        ("said", "王某某"),
    ]


def test_no_rendering_of_an_identity_says_who_it_is() -> None:
    person = Identity(name="王某某", phone="13800000000")
    assert "王" not in f"{person!r}{person}{[person]}"
    assert not Identity(contact="信箱").is_empty
    assert Identity().is_empty
