"""A provider's keys: fetched once, again when one is unknown, never at a stranger's pace, and kept while it is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import KeySet, OctKey
from prometheus_client import REGISTRY

from services.chassis.access.signin.provider import GAP, Provider, ProviderAway
from services.chassis.tests.access.signin.issuing import ISSUER, NOW, URL, Issuing, new_key

DISCOVERY = "/realms/gov/.well-known/openid-configuration"


@pytest.fixture
def issuing() -> Issuing:
    return Issuing()


def names(keys: KeySet) -> list[str | None]:
    return [key.kid for key in keys]


def fetched() -> float | None:
    return REGISTRY.get_sample_value("duban_sign_in_keys_timestamp_seconds", {"issuer": URL})


async def test_keys_are_fetched_once_however_many_ask_at_once(issuing: Issuing) -> None:
    provider = issuing.provider()
    assert fetched() == 0
    found = await asyncio.gather(*(provider.keys("first") for _ in range(20)))
    assert [names(keys) for keys in found] == [["first"]] * 20
    assert issuing.asked == 1
    assert fetched() == NOW.timestamp()


@pytest.mark.feature("SY65")
async def test_a_key_that_is_new_is_fetched_when_a_token_names_it(issuing: Issuing) -> None:
    provider = issuing.provider()
    await provider.keys("first")
    issuing.keys.append(new_key("second"))
    issuing.clock.advance(GAP)
    assert names(await provider.keys("second")) == ["first", "second"]
    del issuing.keys[0]
    assert await provider.fetch()
    assert names(await provider.keys("second")) == ["second"], "a key that was taken back is no longer trusted"


@pytest.mark.feature("SY65")
async def test_strangers_who_name_unknown_keys_make_us_ask_once_in_ten_seconds(issuing: Issuing) -> None:
    provider = issuing.provider()
    await provider.keys("first")
    for second in range(100):
        issuing.clock.advance(timedelta(seconds=1))
        await provider.keys(f"unknown-{second}")
    assert issuing.asked == 1 + 10


async def test_while_the_provider_is_away_its_last_keys_are_trusted_for_a_day(issuing: Issuing) -> None:
    provider = issuing.provider()
    await provider.keys("first")
    issuing.away = True
    issuing.clock.advance(timedelta(hours=23, minutes=59))
    assert not await provider.fetch()
    assert names(await provider.keys("first")) == ["first"]
    assert names(await provider.keys("unknown")) == ["first"]
    assert await provider.missing() is None
    assert fetched() == NOW.timestamp(), "the metric tells how old they are"
    issuing.clock.advance(timedelta(minutes=1))
    with pytest.raises(ProviderAway):
        await provider.keys("first")
    issuing.away = False
    issuing.clock.advance(GAP)
    assert names(await provider.keys("first")) == ["first"]


async def test_a_start_without_the_provider_says_so_and_heals_by_itself(issuing: Issuing) -> None:
    issuing.away = True
    provider = issuing.provider()
    for _ in range(3):
        with pytest.raises(ProviderAway, match="no answer: ConnectError"):
            await provider.keys("first")
    assert await provider.missing() == f"sign-in: no keys of {URL} (no answer: ConnectError)"
    assert fetched() == 0
    issuing.away = False
    stopping = asyncio.Event()
    running = asyncio.create_task(provider.run(stopping))
    await asyncio.wait_for(issuing.served.wait(), 150)
    stopping.set()
    await running
    assert await provider.missing() is None
    assert names(await provider.keys("first")) == ["first"]


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (DISCOVERY, httpx.Response(404), "answers 404"),
        (DISCOVERY, httpx.Response(302, headers={"location": "https://elsewhere.example"}), "answers 302"),
        (DISCOVERY, httpx.Response(200, text="<html>"), "can't be read"),
        (DISCOVERY, httpx.Response(200, json={"issuer": URL}), "can't be read"),
        (DISCOVERY, httpx.Response(200, json={"issuer": "https://evil.example", "jwks_uri": URL}), "calls itself"),
        (DISCOVERY, httpx.Response(200, json={"issuer": URL, "jwks_uri": "http://a.example/k"}), "by https"),
        (DISCOVERY, httpx.Response(200, content=b" " * ((1 << 20) + 1)), "more than 1048576 bytes"),
        ("/realms/gov/keys", httpx.Response(500), "answers 500"),
        ("/realms/gov/keys", httpx.Response(200, json={"keys": "none"}), "can't be read"),
        ("/realms/gov/keys", httpx.Response(200, json={"keys": []}), "no key that can be used"),
    ],
)
async def test_a_provider_that_answers_otherwise_gives_no_keys_and_the_reason_is_said(
    issuing: Issuing, path: str, answer: httpx.Response, said: str
) -> None:
    issuing.published[path] = answer
    provider = issuing.provider()
    with pytest.raises(ProviderAway, match=said):
        await provider.keys("first")


async def test_of_what_is_published_only_public_keys_for_signatures_are_taken(issuing: Issuing) -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"}).as_dict()
    encryption = new_key("encryption").as_dict(private=False) | {"use": "enc"}
    broken = [{"kty": "EC", "kid": "half", "crv": "P-256", "x": "AA"}, {"kty": "AKP", "kid": "later"}, {}]
    keys = [secret, encryption, *broken, issuing.keys[0].as_dict(private=False)]
    issuing.published["/realms/gov/keys"] = httpx.Response(200, json={"keys": keys})
    assert names(await issuing.provider().keys(None)) == ["first"]


def members() -> st.SearchStrategy[dict[str, Any]]:
    """What might stand in a published key, right or wrong."""
    good = new_key("k").as_dict(private=False)
    anything = (
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2)
    )
    names = ["kty", "kid", "use", "alg", "crv", "x", "y", "n", "e", "key_ops", "x5c"]
    return st.dictionaries(st.sampled_from(names), anything).flatmap(
        lambda odd: st.sampled_from(
            [odd, {**good, **odd}, {"kty": "RSA", **odd}, {"kty": "OKP", "crv": "Ed25519", **odd}]
        )
    )


@given(st.lists(members(), max_size=3))
async def test_whatever_is_published_a_fetch_never_breaks(keys: list[dict[str, Any]]) -> None:
    issuing = Issuing()
    issuing.published["/realms/gov/keys"] = httpx.Response(200, json={"keys": keys})
    provider = issuing.provider()
    assert await provider.fetch() == (await provider.missing() is None)


@given(st.text(max_size=40) | st.text(max_size=20).map("https://".__add__) | st.just("https://[::"))
async def test_wherever_keys_are_said_to_be_a_fetch_never_breaks(where: str) -> None:
    issuing = Issuing()
    issuing.published[DISCOVERY] = httpx.Response(200, json={"issuer": URL, "jwks_uri": where})
    await issuing.provider().fetch()


async def test_an_issuer_with_a_slash_at_its_end_is_found(issuing: Issuing) -> None:
    issuer = ISSUER.__class__(f"{URL}/", "duban")
    issuing.published[DISCOVERY] = httpx.Response(200, json={"issuer": f"{URL}/", "jwks_uri": f"{URL}/keys"})
    assert names(await Provider(issuer, issuing.clock, transport=httpx.MockTransport(issuing.answer)).keys(None)) == [
        "first"
    ]
