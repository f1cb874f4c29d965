"""Each kind of bad token is told from the others; what is no asymmetric signature of the issuer's is never taken."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from services.chassis.access.signin.refusals import TOKEN_CODES, Claims, TokenRefused, looks_like_token
from services.chassis.access.signin.tokens import read, verify
from services.chassis.process.sign_in import ASYMMETRIC, Issuer
from services.chassis.tests.access.signin.issuing import AUDIENCE, FOREIGN, ISSUER, NOW, URL, good, new_key, signed

KEY = new_key("first")
SECOND = new_key("second")
KEYS = KeySet([KEY, SECOND])
AT = int(NOW.timestamp())


def taken(text: str, keys: KeySet = KEYS, issuer: Issuer = ISSUER, late: float = 0) -> Claims:
    return verify(read(text, issuer), keys, issuer, NOW + timedelta(seconds=late))


def refused(text: str, **how: Any) -> str:
    with pytest.raises(TokenRefused) as caught:
        taken(text, **how)
    assert caught.value.code in TOKEN_CODES
    return caught.value.code


def raw(header: Any, claims: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def test_a_good_token_says_what_it_says() -> None:
    assert taken(signed(good(), KEY)) == good()


@pytest.mark.parametrize(
    ("kind", "size", "algorithm"),
    [("EC", "P-256", "ES256"), ("RSA", 2048, "RS256"), ("RSA", 2048, "PS512"), ("OKP", "Ed25519", "Ed25519")],
)
def test_every_kind_of_asymmetric_signature_is_taken(kind: str, size: str | int, algorithm: str) -> None:
    key = new_key("other", kind, size)
    assert taken(signed(good(), key, alg=algorithm), KeySet([key, KEY])) == good()


@pytest.mark.parametrize("audience", [AUDIENCE, ["account", AUDIENCE]])
def test_an_audience_may_stand_among_others(audience: Any) -> None:
    assert taken(signed(good(aud=audience), KEY))["aud"] == audience


@pytest.mark.feature("SY65")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": AT - 31}, "token-expired"),
        ({"nbf": AT + 31}, "token-not-yet-valid"),
        ({"iat": AT + 31}, "token-not-yet-valid"),
        ({"aud": "another"}, "token-audience-wrong"),
        ({"aud": ["another", "account"]}, "token-audience-wrong"),
        ({"aud": []}, "token-audience-wrong"),
        ({"aud": None}, "token-audience-wrong"),
        ({"iss": "https://login.other.example"}, "token-issuer-unknown"),
        ({"iss": f"{URL}/"}, "token-issuer-unknown"),
        ({"iss": None}, "token-issuer-unknown"),
        ({"exp": None}, "token-malformed"),
        ({"exp": "soon"}, "token-malformed"),
        ({"exp": True}, "token-malformed"),
        ({"nbf": "now"}, "token-malformed"),
        ({"sub": None}, "token-malformed"),
        ({"sub": ""}, "token-malformed"),
        ({"sub": 7}, "token-malformed"),
    ],
)
def test_what_is_wrong_has_its_own_code(changes: dict[str, Any], code: str) -> None:
    assert refused(signed(good(**changes), KEY)) == code


@given(st.integers(-40, 340))
def test_a_token_is_good_from_its_first_second_to_its_last_with_the_skew_on_both_sides(late: int) -> None:
    text = signed(good(nbf=AT), KEY)
    if late < -30:
        assert refused(text, late=late) == "token-not-yet-valid"
    elif late >= 330:
        assert refused(text, late=late) == "token-expired"
    else:
        assert taken(text, late=late)


def test_a_foreign_key_under_the_name_of_a_known_one_is_no_key() -> None:
    assert refused(signed(good(), FOREIGN)) == "token-signature-invalid"
    assert refused(signed(good(), new_key("third"))) == "token-signature-invalid"


def test_a_token_that_names_no_key_is_taken_from_an_issuer_of_one() -> None:
    text = jwt.encode({"alg": "ES256"}, good(), KEY)
    assert taken(text, KeySet([KEY])) == good()
    assert refused(text) == "token-signature-invalid"


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_token_of_which_one_byte_was_changed_is_refused(place: int, by: int) -> None:
    text = bytearray(signed(good(), KEY).encode())
    place %= len(text)
    changed = text.copy()
    changed[place] = (changed[place] + by) % 256
    try:
        said = taken(changed.decode("latin-1"))
    except TokenRefused:
        return
    # Of base64's last characters some bits mean nothing.
    assert said == good()


@pytest.mark.feature("SY65")
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "HS384", "HS512", "ES256K", "RS1", ""])
def test_none_and_hmac_and_whatever_else_are_never_taken(algorithm: str) -> None:
    assert refused(raw({"alg": algorithm, "kid": "first"}, good())) == "token-unsupported"


def test_the_issuers_public_key_is_no_secret_for_hmac() -> None:
    said = raw({"alg": "HS256", "kid": "first"}, good()).removesuffix(".")
    digest = hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256")  # type: ignore[union-attr]
    assert refused(f"{said}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}") == "token-unsupported"
    assert not {"none", "HS256", "HS384", "HS512"} & ASYMMETRIC


def test_an_algorithm_that_settings_leave_out_is_not_taken() -> None:
    only = Issuer(URL, AUDIENCE, algorithms=frozenset({"RS256"}))
    assert refused(signed(good(), KEY), issuer=only) == "token-unsupported"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"typ": "logout+jwt"}, "token-unsupported"),
        ({"typ": "at+jwt"}, None),
        ({"typ": "application/at+JWT"}, None),
        ({"crit": ["exp"], "exp": 1}, "token-malformed"),
        ({"kid": 7}, "token-malformed"),
        ({"x5t": "abc", "nonce": "a header that nobody knows"}, None),
    ],
)
def test_headers_are_read_as_the_standards_say(header: dict[str, Any], code: str | None) -> None:
    text = raw({"alg": "ES256", "kid": "first"} | header, good())
    assert refused(text) == (code or "token-signature-invalid")


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
def test_anything_at_all_is_refused_and_never_breaks(text: str) -> None:
    refused(text)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]), st.none() | st.text() | st.integers()
    ),
    st.none() | st.integers() | st.lists(st.integers()) | st.dictionaries(st.text(), st.none() | st.text()),
)
def test_any_json_in_header_and_claims_is_refused_and_never_breaks(header: dict[str, Any], claims: Any) -> None:
    refused(raw(header, claims))
    refused(raw({"alg": "ES256"} | header, claims, b"x" * 64))


@pytest.mark.parametrize("header", [["alg"], "alg", 7, None, {"alg": ["ES256"]}, {"alg": {"ES256": 1}}])
def test_a_header_that_is_no_object_is_refused(header: Any) -> None:
    assert refused(raw(header, good())) in {"token-malformed", "token-unsupported"}


def test_a_key_has_another_form_than_a_token() -> None:
    assert looks_like_token("a.b.c")
    assert not looks_like_token("dbk_0123456789abcdef_" + "A" * 43)
