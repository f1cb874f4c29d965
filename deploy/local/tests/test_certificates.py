from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.local import certificates
from deploy.local.certificates import Authority
from deploy.local.security import Security
from services.chassis.process import tls
from services.chassis.process.certificates import authority_ends, note
from services.chassis.process.kafka import Broker, obstacle
from services.chassis.telemetry import metrics


def shake_hands(certificate: Path, authority: Path, name: str) -> str | None:
    """Return why a client that trusts `authority` refuses a server with `certificate` under `name`; None if it doesn't."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(certificate)
    server = shown.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.create_default_context(cafile=authority).wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return None


def test_a_node_is_trusted_by_who_trusts_its_authority_and_by_nobody_else(tmp_path: Path) -> None:
    ours, foreign = Authority.at(tmp_path / "ours"), Authority.at(tmp_path / "foreign")
    node = tmp_path / "node.pem"
    ours.issue(node)
    for name in ("127.0.0.1", "localhost"):
        assert shake_hands(node, ours.certificate, name) is None
    assert "self-signed" in str(shake_hands(node, foreign.certificate, "localhost")) or "unable to get" in str(
        shake_hands(node, foreign.certificate, "localhost")
    )
    assert "mismatch" in str(shake_hands(node, ours.certificate, "kafka.example"))


def test_a_certificate_that_is_over_is_refused(tmp_path: Path) -> None:
    ours, node = Authority.at(tmp_path), tmp_path / "node.pem"
    ours.issue(node, valid=timedelta(hours=-1))
    assert shake_hands(node, ours.certificate, "localhost") == "certificate has expired"


async def test_the_authority_that_ends_first_is_told_as_it_was_read_and_none_of_those_that_a_system_trusts(
    tmp_path: Path,
) -> None:
    first, second, both = Authority.at(tmp_path / "first"), Authority.at(tmp_path / "second"), tmp_path / "both.pem"
    both.write_bytes(second.certificate.read_bytes() + first.certificate.read_bytes())
    read = tls.context(ca=both)
    ends = sorted(certificates.ends(each.certificate).timestamp() for each in (first, second))
    assert authority_ends(read) == ends[0]
    both.unlink()
    broker = Broker("127.0.0.1:1", "SSL", tls=read)
    metrics.KAFKA_AUTHORITY_ENDS.set(0)
    await note(broker)
    assert metrics.KAFKA_AUTHORITY_ENDS._value.get() == 0
    await note(broker, named=True)
    assert metrics.KAFKA_AUTHORITY_ENDS._value.get() == ends[0], "also while no broker answers"
    metrics.KAFKA_AUTHORITY_ENDS.set(0)


def test_what_is_made_is_kept_and_its_owners_alone(tmp_path: Path) -> None:
    security = Security(tmp_path / "kafka")
    security.prepare()
    before = {path: path.read_bytes() for path in security.directory.iterdir()}
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}
    assert security.directory.stat().st_mode & 0o777 == 0o700
    security.prepare()
    assert {path: path.read_bytes() for path in security.directory.iterdir()} == before


def test_a_certificate_that_ends_within_a_month_is_made_anew_and_the_authority_stays(tmp_path: Path) -> None:
    security = Security(tmp_path)
    security.prepare()
    authority = security.ca.read_bytes()
    assert not certificates.is_ending(security.node)
    security.authority.issue(security.node, valid=timedelta(days=29))
    assert certificates.is_ending(security.node)
    security.prepare()
    assert certificates.ends(security.node) > datetime.now(UTC) + timedelta(days=300)
    assert security.ca.read_bytes() == authority


def test_the_administrators_password_passes_through_a_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    security = Security(tmp_path)
    with security.format_arguments() as file:
        assert security.password("duban-admin") in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
    assert not file.exists()


def test_clients_files_hold_what_a_client_on_librdkafka_needs(tmp_path: Path) -> None:
    security = Security(tmp_path)
    security.write_client_files(["county-140502"], "127.0.0.1:1")
    file = tmp_path / "county-140502.properties"
    assert dict(line.split("=", 1) for line in file.read_text().splitlines()) == security.client(
        "county-140502", "127.0.0.1:1"
    )
    assert file.stat().st_mode & 0o777 == 0o600


@asynccontextmanager
async def listening(certificate: Path) -> AsyncIterator[str]:
    """Something that speaks TLS, shows this certificate, and then hangs up."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_broker_with_an_expired_certificate_is_not_spoken_to(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path)
    trusted = tls.context(ca=authority.certificate)
    for name, valid, sentence in (
        ("expired", timedelta(hours=-1), "its certificate has expired"),
        ("good", timedelta(days=1), "it hung up: it may not speak TLS on this port, or demand no user"),
    ):
        authority.issue(tmp_path / f"{name}.pem", valid=valid)
        async with listening(tmp_path / f"{name}.pem") as address:
            broker = Broker(address, "SASL_SSL", username="a", password="b", tls=trusted)
            assert await obstacle(broker) == f"{address}: {sentence}"


async def test_the_end_of_a_brokers_certificate_is_exported_whoever_signed_it_and_also_when_it_is_past(
    tmp_path: Path,
) -> None:
    authority, shown = Authority.at(tmp_path), tmp_path / "node.pem"
    for valid in (timedelta(days=3), timedelta(hours=-1)):
        authority.issue(shown, valid=valid)
        async with listening(shown) as address:
            await note(Broker(f"{address},127.0.0.1:1", "SASL_SSL"))
            exported = metrics.KAFKA_CERTIFICATE_ENDS.labels(address)._value.get()
            assert exported == certificates.ends(shown).timestamp()
