"""Until when the brokers' certificates are valid, and their authority's: seen from here, so that nobody learns it from a city that stands."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import datetime
from typing import Final

from aiokafka.conn import collect_hosts

from services.chassis.process.kafka import Broker
from services.chassis.telemetry import metrics

_ASK_SECONDS: Final = 5.0


async def note(broker: Broker, *, named: bool = False) -> None:
    """Export the end of each broker's certificate; one that can't be asked keeps what it last said.

    With `named` the authority's, too: it is the city's own, and not one of the many that a system trusts.
    """
    if named and broker.tls and (first := authority_ends(broker.tls)):
        metrics.KAFKA_AUTHORITY_ENDS.set(first)
    for host, port, _ in collect_hosts(broker.bootstrap, randomize=False):
        with contextlib.suppress(OSError, TimeoutError):
            end = await ends(host, port)
            metrics.KAFKA_CERTIFICATE_ENDS.labels(f"{host}:{port}").set(end.timestamp())


def authority_ends(trusting: ssl.SSLContext) -> float | None:
    """Return until when (as Unix time) the first of the authorities that `trusting` holds is valid; None if it holds none.

    It is what the file said when it was read: a process that wasn't started again since still trusts the old one alone.
    """
    return min(
        (float(ssl.cert_time_to_seconds(str(each["notAfter"]))) for each in trusting.get_ca_certs()), default=None
    )


async def ends(host: str, port: int) -> datetime:
    """Return until when the certificate shown at `host:port` is valid, also when it is no more. Raises OSError."""
    # Here and not above: who talks to Kafka in the clear does without the library's memory (9 MB).
    from cryptography import x509  # noqa: PLC0415

    # Nothing is believed here and nothing is said: also a certificate that nobody would trust tells when it ends.
    asking = ssl.create_default_context()
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(_ASK_SECONDS):
        _, writer = await asyncio.open_connection(host, port, ssl=asking)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(shown).not_valid_after_utc
    finally:
        writer.close()
