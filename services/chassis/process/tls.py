"""TLS as every client of ours speaks it: the other side is always verified, and what failed is said in a sentence."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from services.chassis.process.secret_files import UnusableSetting

# OpenSSL's own numbers of what is wrong with a certificate (X509_V_ERR_…).
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_FOREIGN: Final = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})


def context(*, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return the TLS settings of a client; without `ca` the system's own authorities are trusted.

    `certificate` (and `key`, when it stands in a file of its own) is what this client shows. Raises UnusableSetting.
    """
    try:
        made = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise UnusableSetting(f"{ca} can't be used as a file of certificates: {_short(error)}") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        try:
            made.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            shown = certificate if key is None else f"{certificate} with {key}"
            raise UnusableSetting(f"{shown} can't be used as this client's certificate: {_short(error)}") from error
    return made


def reason(error: ssl.SSLError) -> str:
    """Return what is wrong, in words that say what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error)
    if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING"}:
        return "it doesn't speak TLS on this port"
    if error.reason and ("CERTIFICATE_REQUIRED" in error.reason or "BAD_CERTIFICATE" in error.reason):
        return "it demands a certificate of this client, and refuses the one that it got or misses one"
    return f"TLS failed: {_short(error)}"


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == _EXPIRED:
        return "its certificate has expired"
    if error.verify_code == _NOT_YET_VALID:
        return "its certificate isn't valid yet: compare the clocks"
    if error.verify_code in _FOREIGN:
        return "its certificate comes from an authority that isn't trusted here: is this the right CA file?"
    if error.verify_code in _OTHER_NAME:
        return f"its certificate is for another name: {error.verify_message}"
    return f"its certificate is refused: {error.verify_message}"


def _short(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or type(error).__name__
