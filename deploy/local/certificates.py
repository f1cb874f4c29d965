"""A certificate authority of this machine's own, and the certificate that its Kafka nodes show each other and clients."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local import secrets_store
from deploy.local.settings import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

# The name of every node, by certificate; brokers take it for one of themselves.
BROKER = "duban-broker"
_AUTHORITY_DAYS = 3650
_NODE_DAYS = 397
_RENEW_DAYS = 30


@dataclass(frozen=True, slots=True)
class Authority:
    """Where an authority's certificate and key stand; both are made on first use."""

    certificate: Path
    key: Path

    @classmethod
    def at(cls, directory: Path) -> Authority:
        """Return the authority that is kept in `directory`, made on first use."""
        authority = cls(directory / "ca.pem", directory / "ca.key")
        if not authority.certificate.exists():
            authority.make()
        return authority

    def make(self) -> None:
        """Make the authority anew: whoever trusted the old one has to be given the new file."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Duban, this machine's own authority")
        made = (
            _builder(name, name, key, timedelta(days=_AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        secrets_store.write_private(self.key, _pem(key))
        secrets_store.write_private(self.certificate, made.public_bytes(serialization.Encoding.PEM).decode("ascii"))

    def issue(self, file: Path, name: str = BROKER, *, valid: timedelta | None = None) -> None:
        """Write a key and its certificate for 127.0.0.1 and localhost into `file`; `valid` may be over already."""
        issuer = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        signer = serialization.load_pem_private_key(self.key.read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.key} holds a key of another kind than ours")
        key = ec.generate_private_key(ec.SECP256R1())
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        made = (
            _builder(_name(name), issuer.subject, key, valid or timedelta(days=_NODE_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(issuer_id, critical=False)
            .sign(signer, hashes.SHA256())
        )
        secrets_store.write_private(file, _pem(key) + made.public_bytes(serialization.Encoding.PEM).decode("ascii"))


def ends(file: Path) -> datetime:
    """Return until when the certificate in `file` is valid."""
    return x509.load_pem_x509_certificates(file.read_bytes())[0].not_valid_after_utc


def is_ending(file: Path) -> bool:
    """Return whether the certificate in `file` should be made anew; also when there is none."""
    return not file.exists() or ends(file) < datetime.now(UTC) + timedelta(days=_RENEW_DAYS)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    # Begun a day early, or long enough ago for one that is to be over: clocks of two machines never agree.
    begin = min(now, now + valid) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now + valid)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    # Kafka reads an open key in PKCS #8 only; the file is its owner's alone.
    form, open_key = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, open_key).decode("ascii")
