"""Webhooks go only where the profile says, to the very address that was checked."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from services.notifications.channels.model.destinations import (
    Destination,
    DestinationPolicy,
    DestinationRefused,
    choose,
    parse,
)

CITY = DestinationPolicy(frozenset({"hooks.city.example"}), (ip_network("10.20.0.0/16"),))
SIX = DestinationPolicy(frozenset(), (ip_network("fd00::/64"), ip_network("10.0.0.0/8")))
LOOP = DestinationPolicy(frozenset(), (ip_network("127.0.0.0/8"),), loopback=True)
HERE = DestinationPolicy(frozenset({"127.0.0.1", "localhost"}), loopback=True)


@pytest.mark.parametrize(
    ("host", "address", "policy"),
    [
        ("hooks.city.example", "8.8.8.8", CITY),
        ("hooks.city.example", "10.20.3.4", CITY),
        ("anything.example", "10.20.3.4", CITY),
        ("10.20.3.4", "10.20.3.4", CITY),
        ("127.0.0.1", "127.0.0.1", HERE),
        ("localhost", "::1", HERE),
        ("10.20.3.4", "::ffff:10.20.3.4", CITY),
        ("hooks.city.example", "2606:4700:4700::1111", CITY),
        ("box", "fd00::5", SIX),
        ("anything.example", "127.0.0.9", LOOP),
    ],
)
def test_an_allowed_destination_is_taken(host: str, address: str, policy: DestinationPolicy) -> None:
    assert choose(host, [address], policy) == address


@pytest.mark.parametrize(
    ("host", "address", "policy", "code"),
    [
        ("elsewhere.example", "8.8.8.8", CITY, "host-not-allowed"),
        ("hooks.city.example", "10.21.0.1", CITY, "address-private"),
        ("hooks.city.example", "127.0.0.1", CITY, "address-loopback"),
        ("hooks.city.example", "::ffff:127.0.0.1", CITY, "address-loopback"),
        ("hooks.city.example", "169.254.169.254", CITY, "address-forbidden"),
        ("hooks.city.example", "::ffff:169.254.169.254", CITY, "address-forbidden"),
        ("hooks.city.example", "fe80::1", CITY, "address-forbidden"),
        ("hooks.city.example", "0.0.0.0", CITY, "address-forbidden"),  # noqa: S104
        ("hooks.city.example", "224.0.0.1", CITY, "address-forbidden"),
        ("elsewhere.example", "127.0.0.1", HERE, "address-loopback"),
        ("127.0.0.1", "127.0.0.1", DestinationPolicy(frozenset({"127.0.0.1"})), "address-loopback"),
        ("box", "fd01::5", SIX, "host-not-allowed"),
        ("hooks.city.example", "ff02::1", CITY, "address-forbidden"),
        ("hooks.city.example", "::", CITY, "address-forbidden"),
        ("hooks.city.example", "240.0.0.1", CITY, "address-forbidden"),
        ("elsewhere.example", "192.168.0.1", CITY, "host-not-allowed"),
        ("127.0.0.1", "169.254.1.1", HERE, "address-forbidden"),
    ],
)
def test_any_other_destination_is_refused(host: str, address: str, policy: DestinationPolicy, code: str) -> None:
    with pytest.raises(DestinationRefused) as refusal:
        choose(host, [address], policy)
    assert refusal.value.code == code


def test_link_local_is_refused_even_when_a_careless_profile_lists_its_network() -> None:
    careless = DestinationPolicy(frozenset({"meta.example"}), (ip_network("169.254.0.0/16"),), loopback=True)
    with pytest.raises(DestinationRefused):
        choose("meta.example", ["169.254.169.254"], careless)


def test_a_host_that_has_no_address_is_unknown() -> None:
    with pytest.raises(DestinationRefused) as refused:
        choose("hooks.city.example", [], CITY)
    assert refused.value.code == "host-unknown"
    assert str(refused.value) == "host-unknown"


def test_of_several_refusals_the_last_is_told() -> None:
    with pytest.raises(DestinationRefused) as refused:
        choose("hooks.city.example", ["127.0.0.1", "10.21.0.1"], CITY)
    assert refused.value.code == "address-private"


def test_the_allowed_one_of_several_addresses_is_taken() -> None:
    assert choose("hooks.city.example", ["127.0.0.1", "10.20.0.9"], CITY) == "10.20.0.9"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://hooks.city.example/", "url-malformed"),
        ("file:///etc/passwd", "url-malformed"),
        ("http:///x", "url-malformed"),
        ("http://h:99999/", "url-malformed"),
        ("http://[::1/", "url-malformed"),
        ("http://u:p@hooks.city.example/", "url-with-credentials"),
        ("http://u@hooks.city.example/", "url-with-credentials"),
        ("http://:p@hooks.city.example/", "url-with-credentials"),
    ],
)
def test_a_url_that_is_not_plain_http_is_refused(url: str, code: str) -> None:
    with pytest.raises(DestinationRefused) as refused:
        parse(url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("https://Hooks.City.example:8443/a/b?c=d", Destination("https", "hooks.city.example", 8443, "/a/b?c=d")),
        ("https://hooks.city.example", Destination("https", "hooks.city.example", 443, "/")),
        ("http://hooks.city.example?a=b", Destination("http", "hooks.city.example", 80, "/?a=b")),
        ("http://[::1]:8080/x", Destination("http", "::1", 8080, "/x")),
    ],
)
def test_a_url_is_taken_apart(url: str, destination: Destination) -> None:
    assert parse(url) == destination
