"""Webhooks go only where the profile says, to the very address that was checked."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from services.notifications.domain.destinations import DestinationPolicy, DestinationRefusedError, choose, parse

CITY = DestinationPolicy(frozenset({"hooks.city.example"}), (ip_network("10.20.0.0/16"),))
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
        ("127.0.0.1", "169.254.1.1", HERE, "address-forbidden"),
    ],
)
def test_any_other_destination_is_refused(host: str, address: str, policy: DestinationPolicy, code: str) -> None:
    with pytest.raises(DestinationRefusedError) as refusal:
        choose(host, [address], policy)
    assert refusal.value.code == code


def test_link_local_is_refused_even_when_a_careless_profile_lists_its_network() -> None:
    careless = DestinationPolicy(frozenset({"meta.example"}), (ip_network("169.254.0.0/16"),), loopback=True)
    with pytest.raises(DestinationRefusedError):
        choose("meta.example", ["169.254.169.254"], careless)


def test_the_allowed_one_of_several_addresses_is_taken() -> None:
    assert choose("hooks.city.example", ["127.0.0.1", "10.20.0.9"], CITY) == "10.20.0.9"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.city.example/",
        "file:///etc/passwd",
        "http:///x",
        "http://u:p@hooks.city.example/",
        "http://h:99999/",
    ],
)
def test_a_url_that_is_not_plain_http_is_refused(url: str) -> None:
    with pytest.raises(DestinationRefusedError):
        parse(url)


def test_a_url_is_taken_apart() -> None:
    destination = parse("https://Hooks.City.example:8443/a/b?c=d")
    assert (destination.host, destination.port, destination.target) == ("hooks.city.example", 8443, "/a/b?c=d")
