"""Keys come over real TLS: from a provider that the city's own authority vouches for, and from no other."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from joserfc.jwk import KeySet

from deploy.local.certificates import Authority
from services.chassis.access.signin.provider import Provider
from services.chassis.process.clock import SystemClock
from services.chassis.process.sign_in import SignInSettings
from services.chassis.tests.access.signin.issuing import new_key


@asynccontextmanager
async def provider_with(certificate: Path | None) -> AsyncIterator[str]:
    """A provider that answers over TLS with this certificate, or in plain text without one."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    published = KeySet([new_key("first")]).as_dict()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Without TLS the first bytes are a handshake that no HTTP server understands.
        head = await reader.readuntil(b"\r\n\r\n") if context else b"- /keys" + await reader.read(1)
        path = head.split()[1].decode(errors="replace")
        told = published if path == "/keys" else {"issuer": url, "jwks_uri": f"{url}/keys"}
        body = json.dumps(told).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield url


async def missing(url: str, ca: Path | None) -> str | None:
    issuer = SignInSettings(oidc_issuer=url, oidc_audience="duban", oidc_ca=ca, oidc_timeout_seconds=60).issuer
    assert issuer is not None
    provider = Provider(issuer, SystemClock())
    await provider.fetch()
    return await provider.missing()


async def test_a_provider_behind_the_citys_own_authority_is_trusted_by_its_file(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path / "city")
    authority.issue(tmp_path / "good.pem")
    async with provider_with(tmp_path / "good.pem") as url:
        assert await missing(url, authority.certificate) is None
        other = await missing(url, Authority.at(tmp_path / "other").certificate)
        assert other is not None
        assert "comes from an authority that isn't trusted here" in other
        assert "authority that isn't trusted" in str(await missing(url, None)), "the system's authorities don't know it"


async def test_what_is_wrong_with_the_way_to_the_provider_is_said_in_words(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path)
    authority.issue(tmp_path / "old.pem", valid=timedelta(days=-1))
    async with provider_with(tmp_path / "old.pem") as url:
        assert "its certificate has expired" in str(await missing(url, authority.certificate))
    async with provider_with(None) as url:
        assert "it doesn't speak TLS on this port" in str(await missing(url, authority.certificate))
    assert "no answer: ConnectError" in str(await missing(url, authority.certificate)), "nobody listens there any more"
