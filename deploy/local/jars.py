"""Kafka's jars: named by `kafka/pom.xml`, resolved by Maven or by jgo, accepted by SHA-512 only."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from deploy.local.settings import HERE
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

POM = HERE / "kafka" / "pom.xml"
SUMS = HERE / "kafka" / "jars.sha512"
_MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_log = logging.getLogger(__name__)


def kafka_version(pom: Path = POM) -> str:
    """Return the pinned Kafka version, e.g. `4.3.1`."""
    return next(version for group, _, version in coordinates(pom) if group == "org.apache.kafka")


def coordinates(pom: Path = POM) -> list[tuple[str, str, str]]:
    """(group, artifact, version) of every dependency the pom names."""
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    found = ET.parse(pom).getroot().findall("m:dependencies/m:dependency", space)  # noqa: S314 - ours
    return [
        (
            node.findtext("m:groupId", "", space),
            node.findtext("m:artifactId", "", space),
            node.findtext("m:version", "", space),
        )
        for node in found
    ]


def expected_sums(sums: Path = SUMS) -> dict[str, str]:
    """File name to SHA-512, as committed."""
    lines = (line.split() for line in sums.read_text(encoding="ascii").splitlines() if line.strip())
    return {name: digest for digest, name in lines}


def verify(directory: Path, expected: Mapping[str, str]) -> None:
    """Raise `Trouble` unless `directory` holds exactly the expected jars, byte for byte."""
    present = {path.name: path for path in directory.glob("*.jar")}
    if strange := sorted(present.keys() - expected.keys()):
        raise Trouble(
            f"{directory} holds a jar that is not in jars.sha512: {', '.join(strange)}.",
            "Delete it, or add its sum if the pinned pom.xml changed.",
        )
    if missing := sorted(expected.keys() - present.keys()):
        raise Trouble(
            f"{len(missing)} of Kafka's {len(expected)} jars are missing, e.g. {missing[0]}.",
            "Run `make install` again.",
        )
    for name, path in sorted(present.items()):
        if hashlib.sha512(path.read_bytes()).hexdigest() != expected[name]:
            raise Trouble(
                f"{path} is not the file this repository pins: its SHA-512 differs from jars.sha512.",
                "Delete it and run `make install`; if it comes back the same, do not trust where it came from.",
            )


def ensure(cache: Path) -> Path:
    """Directory with Kafka's verified jars, resolved first when it is not there. Raises `Trouble`."""
    target = cache / f"kafka-{kafka_version()}"
    expected = expected_sums()
    if target.is_dir():
        verify(target, expected)
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="jars-") as scratch:
        fetched = Path(scratch) / "lib"
        fetched.mkdir()
        _fetch(fetched, Path(scratch))
        verify(fetched, expected)
        try:
            fetched.rename(target)
        except OSError:  # another process was faster
            verify(target, expected)
    return target


def _fetch(into: Path, scratch: Path) -> None:
    if (maven := shutil.which("mvn")) and _with_maven(maven, into, scratch):
        return
    try:
        with_jgo(into, scratch / "repository")
    except Exception as error:
        raise Trouble(
            f"Kafka's jars could not be downloaded ({type(error).__name__}: {_first_line(error)}).",
            "Check the network, or set DUBAN_MAVEN_REPOSITORY to a Maven repository you can reach.",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no details"])[0][:200]


def _with_maven(maven: str, into: Path, scratch: Path) -> bool:
    shutil.copy(POM, scratch / "pom.xml")  # Maven must not write a target/ beside the committed one
    command = [maven, "-q", "-B", "-f", str(scratch / "pom.xml"), _MAVEN]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        _log.warning("Maven could not resolve Kafka's jars; using the built-in resolver instead.")
        for leftover in into.glob("*"):
            leftover.unlink()
    return done.returncode == 0


def with_jgo(into: Path, repository: Path) -> None:
    """Resolve the pom with jgo, in Python only; `repository` is its private download cache."""
    # Imported here: it pulls in requests, and most starts have the jars already.
    from jgo.maven import MavenContext  # noqa: PLC0415

    remote = os.environ.get("DUBAN_MAVEN_REPOSITORY")
    context = MavenContext(repo_cache=repository, remote_repos={"central": remote} if remote else None, timeout=60)
    wanted = [context.create_dependency(":".join(coordinate)) for coordinate in coordinates()]
    for dependency in wanted:
        # Otherwise jgo imports each of them as a BOM, and log4j's parent then moves kafka-clients to 3.9.
        dependency.raw = True
    direct, transitive = context.resolver.resolve(wanted)
    _copy((dependency.artifact.resolve() for dependency in (*direct, *transitive)), into)


def _copy(paths: Iterable[Path], into: Path) -> None:
    for path in paths:
        shutil.copy(path, into / path.name)
