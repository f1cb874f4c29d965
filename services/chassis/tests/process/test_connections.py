from __future__ import annotations

import re
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from services.chassis.process import kafka, tls
from services.chassis.process.kafka import Broker, KafkaSettings, in_words, options
from services.chassis.process.secret_files import Environment, UnusableSetting, given

ROOT = Path(__file__).parents[4]
NAME = "DUBAN_IMAGINED_WORD"


class Secrets(Environment):
    """Two settings of an imagined service."""

    model_config = SettingsConfigDict(env_prefix="DUBAN_IMAGINED_", frozen=True)

    word: SecretStr = SecretStr("default")
    number: int = 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "word"
    made.write_text("from a file\n", encoding="utf-8")
    return made


def test_any_setting_may_be_a_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_IMAGINED_WORD_FILE", str(file))
    monkeypatch.setenv("DUBAN_IMAGINED_NUMBER", "2")
    settings = Secrets()
    assert settings.word.get_secret_value() == "from a file"
    assert settings.number == 2
    file.write_text("7\n")
    monkeypatch.delenv("DUBAN_IMAGINED_NUMBER")
    monkeypatch.setenv("DUBAN_IMAGINED_NUMBER_FILE", str(file))
    assert Secrets().number == 7


def test_a_file_called_like_a_setting_in_the_directory_of_secrets_is_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "DUBAN_IMAGINED_WORD").write_text("from the directory\n", encoding="utf-8")
    (tmp_path / "DUBAN_IMAGINED_NUMBER").write_text("", encoding="utf-8")
    (tmp_path / "word").write_text("nobody's", encoding="utf-8")
    monkeypatch.setenv("DUBAN_SECRETS", str(tmp_path))
    monkeypatch.setenv("DUBAN_IMAGINED_NUMBER", "2")
    settings = Secrets()
    assert settings.word.get_secret_value() == given("DUBAN_IMAGINED_WORD") == "from the directory"
    assert settings.number == 2, "an empty file says nothing"
    assert given("DUBAN_IMAGINED_OTHER") is None
    monkeypatch.setenv("DUBAN_SECRETS", "")
    assert Secrets().word.get_secret_value() == "default"


@pytest.mark.parametrize(
    ("ways", "named"),
    [
        (("", "_FILE"), "DUBAN_IMAGINED_WORD and DUBAN_IMAGINED_WORD_FILE"),
        (("", "directory"), "DUBAN_IMAGINED_WORD and DUBAN_SECRETS/DUBAN_IMAGINED_WORD"),
        (("_FILE", "directory"), "DUBAN_IMAGINED_WORD_FILE and DUBAN_SECRETS/DUBAN_IMAGINED_WORD"),
    ],
)
def test_two_ways_may_say_the_same_and_are_refused_by_name_where_they_say_different_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: tuple[str, ...], named: str
) -> None:
    def say(way: str, value: str) -> None:
        file = tmp_path / (NAME if way == "directory" else "word")
        if way:
            file.write_text(value, encoding="utf-8")
        told = {"": (NAME, value), "_FILE": (f"{NAME}_FILE", str(file)), "directory": ("DUBAN_SECRETS", str(tmp_path))}
        monkeypatch.setenv(*told[way])

    for way in ways:
        say(way, "hush")
    assert Secrets().word.get_secret_value() == "hush"
    say(ways[1], "hush-hush")
    for asked in (Secrets, lambda: given(NAME)):
        with pytest.raises(UnusableSetting, match=f"{named} say different things") as said:
            asked()
        assert "hush" not in str(said.value)


def test_what_can_not_be_read_is_refused_by_name_and_without_its_value(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UnusableSetting, match="NAME_FILE names /nowhere, which can't be read: No such file"):
        given("NAME", {"NAME_FILE": "/nowhere"})
    for directory in ("/nowhere", str(file)):
        with pytest.raises(UnusableSetting, match=f"DUBAN_SECRETS names {directory}, which is no directory"):
            given("NAME", {"DUBAN_SECRETS": directory})
    (tmp_path / "NAME").mkdir()
    with pytest.raises(UnusableSetting, match="/NAME, which can't be read: Is a directory"):
        given("NAME", {"DUBAN_SECRETS": str(tmp_path)})
    file.write_bytes("密".encode("gbk"))
    with pytest.raises(UnusableSetting, match="not UTF-8"):
        given("NAME", {"NAME_FILE": str(file)})


@pytest.mark.parametrize("written", [b"hu\0sh\n", "hush\n".encode("utf-16-be"), b"hush\0", b"\0"])
def test_a_nul_byte_is_refused_by_name_and_without_the_value_around_it(
    file: Path, tmp_path: Path, written: bytes
) -> None:
    file.write_bytes(written)
    (tmp_path / "NAME").write_bytes(written)
    for environ, named in (
        ({"NAME_FILE": str(file)}, f"NAME_FILE names {file}"),
        ({"DUBAN_SECRETS": str(tmp_path)}, f"DUBAN_SECRETS names {tmp_path}/NAME"),
    ):
        with pytest.raises(
            UnusableSetting, match=f"{re.escape(named)}, which can't be read: it holds a NUL byte"
        ) as said:
            given("NAME", environ)
        assert "hu" not in str(said.value).removeprefix(named)


def test_a_link_to_nothing_in_the_directory_of_secrets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "NAME").symlink_to(tmp_path / "gone")
    with pytest.raises(UnusableSetting, match=r"DUBAN_SECRETS names .*/NAME, which can't be read: No such file"):
        given("NAME", {"DUBAN_SECRETS": str(tmp_path)})


def test_a_byte_order_mark_and_white_space_at_the_end_are_no_part_of_a_secret(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfhush\r\n")
    assert given("NAME", {"NAME_FILE": str(file)}) == "hush"
    assert given("NAME", {"NAME": "hush\n", "NAME_FILE": str(file)}) == "hush"
    with pytest.raises(UnusableSetting, match="say different things"):
        given("NAME", {"NAME": " hush", "NAME_FILE": str(file)})


def test_an_empty_variable_is_none() -> None:
    assert given("NAME", {"NAME": "", "NAME_FILE": "", "DUBAN_SECRETS": ""}) is None


def test_a_cluster_that_demands_nothing_needs_its_addresses_only() -> None:
    assert options("one:9092,two:9092") == {"bootstrap_servers": "one:9092,two:9092"}
    assert options(Broker("one:9092")) == {"bootstrap_servers": "one:9092"}


def test_a_secured_cluster_is_reached_by_user_and_password_and_neither_is_shown() -> None:
    settings = KafkaSettings(
        kafka_bootstrap="one:9092",
        kafka_security="SASL_SSL",
        kafka_username="county-140502",
        kafka_password=SecretStr("hush"),
    )
    broker = settings.kafka
    assert options(broker) == {
        "bootstrap_servers": "one:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "county-140502",
        "sasl_plain_password": "hush",
        "ssl_context": broker.tls,
    }
    assert broker.tls is not None
    assert broker.tls.verify_mode is ssl.CERT_REQUIRED
    assert broker.tls.check_hostname
    assert "hush" not in f"{settings!r} {broker!r}"


@pytest.mark.parametrize(
    ("given_settings", "sentence"),
    [
        ({"kafka_security": "SASL_SSL"}, "needs DUBAN_KAFKA_USERNAME and DUBAN_KAFKA_PASSWORD"),
        ({"kafka_username": "ledger"}, "DUBAN_KAFKA_SECURITY is PLAINTEXT"),
        ({"kafka_security": "SSL", "kafka_ca": Path("/nowhere")}, "/nowhere can't be used as a file of certificates"),
        ({"kafka_security": "SSL", "kafka_certificate": Path("/no")}, "/no can't be used as this client's certificate"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_in_a_sentence(
    given_settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UnusableSetting, match=sentence):
        _ = KafkaSettings(**given_settings).kafka  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (10, "its certificate has expired"),
        (9, "isn't valid yet: compare the clocks"),
        (20, "an authority that isn't trusted here"),
        (62, "is for another name"),
        (7, "its certificate is refused: why"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said_in_words(code: int, sentence: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "why"
    assert sentence in tls.reason(error)


def test_a_port_that_speaks_no_tls_is_named_so() -> None:
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    assert tls.reason(error) == "it doesn't speak TLS on this port"


@pytest.mark.parametrize(
    ("error", "broker", "sentence"),
    [
        (TimeoutError(), Broker("a:1"), "no answer within 5 s"),
        (ConnectionRefusedError(), Broker("a:1"), "nobody listens there"),
        (ConnectionResetError(), Broker("a:1"), "it may demand TLS and a user"),
        (ConnectionResetError(), Broker("a:1", "SSL"), "it may demand a user"),
        (ConnectionResetError(), Broker("a:1", "SASL_SSL"), "it may not speak TLS on this port"),
        (OSError(), Broker("a:1"), "OSError"),
    ],
)
def test_a_failed_connection_is_explained(error: OSError, broker: Broker, sentence: str) -> None:
    assert sentence in in_words(error, broker)


async def test_every_address_is_tried_and_the_last_obstacle_named() -> None:
    assert await kafka.obstacle("127.0.0.1:1,127.0.0.1:2") == "127.0.0.1:2: nobody listens there"


def test_every_kafka_client_of_ours_is_told_by_the_one_place() -> None:
    """Only a helper that plays a foreign client writes addresses by itself."""
    exempt = {"services/chassis/process/kafka.py", "services/chassis/testing/foreign.py"}
    sources = [path for folder in ("services", "deploy", "tools") for path in (ROOT / folder).rglob("*.py")]
    by_hand = {
        path.relative_to(ROOT).as_posix()
        for path in sources
        if "tests" not in path.parts
        and re.search(r"bootstrap_servers|ssl_context=|sasl_plain", path.read_text(encoding="utf-8"))
    }
    assert by_hand - exempt == {"services/statistics/stream/events/app.py"}, (
        "Faust is told the same in words of its own"
    )
