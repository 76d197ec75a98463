"""The door over real sockets: what strangers send, and what they are told."""

import base64
import io
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import log
from bot.channels.lmtp import GRACE, LmtpConfig, LmtpReceiver
from bot.errors import OperatorError
from tests.servers.certificates import make

OURS = frozenset({"privacy@shop.example"})
Stored = list[tuple[bytes, Mapping[str, Any]]]


@contextmanager
def door(stored: Stored | None = None, accept: Callable[..., bool] | None = None, **options: object) -> Iterator[int]:
    def keep(raw: bytes, external: str, envelope: Mapping[str, Any]) -> bool:
        assert stored is not None
        stored.append((raw, envelope))
        return True

    take = accept or keep
    receiver = LmtpReceiver(LmtpConfig(recipients=OURS, **options),
                            lambda mails: sum(take(mail.raw, mail.external_id, mail.envelope) for mail in mails))
    receiver.start()
    try:
        yield receiver.port
    finally:
        receiver.stop()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    log.configure(stream)
    yield stream
    log.configure()


class Talk:
    """One line out, one reply (all its lines) in."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()

    def reply(self) -> str:
        while True:
            line = self.file.readline().decode()
            if line[3:4] != "-":
                return line.strip()

    def say(self, line: str | bytes) -> str:
        self.socket.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def data(self, *recipients: str, sender: str = "a@b.example") -> None:
        assert self.say("LHLO me").startswith("250")
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250 2.1.0")
        for each in recipients or ("privacy@shop.example",):
            self.say(f"RCPT TO:<{each}>")
        assert self.say("DATA").startswith("354")

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def test_one_reply_for_each_accepted_recipient() -> None:
    stored: Stored = []
    with door(stored) as port, closing(Talk(port)) as talk:
        talk.data("privacy@shop.example", "nobody@shop.example", "Privacy+abc@SHOP.example", "unsub+xyz@shop.example")
        assert talk.say("Subject: x\r\n\r\n..STOP\r\n.") == "250 2.0.0 Stored"
        assert [talk.reply(), talk.reply()] == ["250 2.0.0 Stored"] * 2
        assert talk.say("NOOP") == "250 2.0.0 OK"
    (raw, envelope), = stored
    assert raw == b"Subject: x\r\n\r\n.STOP\r\n"
    assert envelope["rcpt_to"] == ["privacy@shop.example", "Privacy+abc@SHOP.example", "unsub+xyz@shop.example"]


def test_all_or_nothing_is_refused_before_data() -> None:
    with door([]) as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        talk.say("MAIL FROM:<a@b.example>")
        for wrong in ("nobody@shop.example", "privacy@other.example", "unsub@shop.example", "unsub+x@other.example"):
            assert talk.say(f"RCPT TO:<{wrong}>").startswith("550 5.1.1")
        assert talk.say("DATA").startswith("503 5.5.1")


def test_the_null_path_is_kept_as_the_empty_one() -> None:
    stored: Stored = []
    with door(stored) as port, closing(Talk(port)) as talk:
        talk.data(sender="")
        assert talk.say("\r\nx\r\n.").startswith("250")
    assert stored[0][1]["mail_from"] == ""


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r.\r"])
def test_only_crlf_dot_crlf_ends_a_mail(end: bytes) -> None:
    stored: Stored = []
    smuggled = b"Subject: x\r\n\r\nSTOP" + end + b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<privacy@shop.example>\r\n"
    with door(stored) as port, closing(Talk(port)) as talk:
        talk.data()
        assert talk.say(smuggled + b".").startswith("250")
        assert talk.say("NOOP").startswith("250")
    assert [raw for raw, _ in stored] == [smuggled.replace(b"\r\n.\n", b"\r\n\n")]


def test_size_is_refused_when_declared_and_when_sent() -> None:
    stored: Stored = []
    with door(stored, max_size=1000) as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        assert talk.say("MAIL FROM:<a@b.example> SIZE=1001").startswith("552 5.3.4")
        assert talk.say("MAIL FROM:<a@b.example> SIZE=junk").startswith("501")
        talk.data("privacy@shop.example", "privacy+1@shop.example")
        assert talk.say(b"x" * 200_000 + b"\r\n" + b"y\r\n" * 1000 + b".").startswith("552 5.3.4")
        assert talk.reply().startswith("552 5.3.4")
        talk.data()
        assert talk.say(b"x" * 998 + b"\r\n.").startswith("250")
    assert len(stored) == 1


def test_a_line_of_any_length_is_taken() -> None:
    stored: Stored = []
    with door(stored) as port, closing(Talk(port)) as talk:
        talk.data()
        assert talk.say(b"Subject: x\r\n\r\n" + b"x" * 300_000 + b"\r\n.").startswith("250")
    assert len(stored[0][0]) == 300_016


def test_addresses_outside_ascii() -> None:
    stored: Stored = []
    with door(stored) as port, smtplib.LMTP("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        assert {"smtputf8", "pipelining", "enhancedstatuscodes", "8bitmime", "size"} <= set(client.esmtp_features)
        client.sendmail("zoé@exemple.fr", ["privacy@shop.example"], b"Subject: x\r\n\r\nSTOP", ["SMTPUTF8"])
    assert stored[0][1]["mail_from"] == "zoé@exemple.fr"


def test_junk_gets_5xx_and_leaves_no_trace(written: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    junk: list[str | bytes] = [
        "anne@b.example", b"\xff\xfe", b"VRFY \xff\xfe", "LHLO", "MAIL", "MAIL FROM", "MAIL FROM:x", "MAIL FROM:<",
        b"MAIL FROM:<\xff@b.example>", "MAIL FROM:<a@b.example> FOO=1", "RCPT TO:<a@b.example>", "DATA", "", "A" * 5000,
        "A" * 200_000, "AUTH PLAIN x"]
    with door([]) as port:
        for line in junk:
            with closing(Talk(port)) as talk:
                talk.say("LHLO me")
                reply = talk.say(line)
                assert reply[0] == "5" or line == b"VRFY \xff\xfe", (line, reply)
                assert talk.say("NOOP").startswith("250")
        talk = Talk(port)
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset, not closed
        talk.data()
        talk.close()
    assert written.getvalue() == ""
    assert not caplog.records


def test_connections_are_bounded() -> None:
    with door([], max_connections=2) as port:
        first, second = Talk(port), Talk(port)
        assert first.greeting[:3] == second.greeting[:3] == "220"
        with closing(Talk(port)) as third:
            assert third.greeting.startswith("421 4.3.2")
        first.say("QUIT")
        first.close()
        while True:  # the place is free once the server has seen the end
            with closing(Talk(port)) as again:
                if again.greeting.startswith("220"):
                    break
        second.close()


def test_idle_connections_are_closed() -> None:
    with door([], timeout=0.2) as port, closing(Talk(port)) as talk:
        assert talk.file.read() == b""


def test_a_port_taken_is_a_sentence() -> None:
    with door([]) as port, pytest.raises(OperatorError, match=rf"port {port} .*lmtp.port"):
        LmtpReceiver(LmtpConfig(port=port), lambda *_: True).start()


def test_auth_on_loopback() -> None:
    stored: Stored = []
    good = base64.b64encode(b"\0mx\0s3cret").decode()
    with door(stored, user="mx", password="s3cret") as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        assert talk.say("MAIL FROM:<a@b.example>").startswith("530 5.7.0")
        assert talk.say("AUTH PLAIN " + base64.b64encode(b"\0mx\0wrong").decode()).startswith("535 5.7.8")
        assert talk.say("AUTH PLAIN " + good).startswith("235 2.7.0")
        assert talk.say("MAIL FROM:<a@b.example>").startswith("250")
    with door(stored, user="mx", password="s3cret") as port, smtplib.LMTP("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        client.user, client.password = "mx", "s3cret"
        assert client.auth("LOGIN", client.auth_login)[0] == 235


# TLS: the tests come from this machine, which may log in without it; "from elsewhere" makes it a stranger

LOGIN = {"user": "mx", "password": "s3cret"}


def plain_login(user: str, password: str) -> str:
    return "AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode()


def secure(talk: Talk, authority: Path) -> None:
    """STARTTLS, the certificate verified."""
    assert talk.say("STARTTLS").startswith("220")
    talk.file.close()
    context = ssl.create_default_context(cafile=authority)
    talk.socket = context.wrap_socket(talk.socket, server_hostname="127.0.0.1")
    talk.file = talk.socket.makefile("rb")


def offered(talk: Talk, hello: str = "LHLO me") -> set[str]:
    """The extensions' names."""
    talk.socket.sendall(hello.encode() + b"\r\n")
    names = set()
    while True:
        line = talk.file.readline().decode()
        names.add(line[4:].split()[0])
        if line[3:4] != "-":
            return names


@pytest.fixture
def from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.door._loopback", lambda peer: False)


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_starttls_protects_the_mail(tmp_path: Path, protocol: str) -> None:
    stored: Stored = []
    certificate, key = make(tmp_path)
    hello = "LHLO me" if protocol == "lmtp" else "EHLO me"
    with door(stored, tls_cert=certificate, tls_key=key, protocol=protocol) as port, closing(Talk(port)) as talk:
        assert "STARTTLS" in offered(talk, hello)
        secure(talk, certificate)
        assert talk.say("MAIL FROM:<a@b.example>").startswith("503")  # what was said before does not count (RFC 3207)
        assert "STARTTLS" not in offered(talk, hello)
        assert talk.say("MAIL FROM:<a@b.example>").startswith("250")
        assert talk.say("RCPT TO:<privacy@shop.example>").startswith("250")
        assert talk.say("DATA").startswith("354")
        assert talk.say("Subject: x\r\n\r\nSTOP\r\n.") == "250 2.0.0 Stored"
        assert talk.say("QUIT").startswith("221")
    assert [raw for raw, _ in stored] == [b"Subject: x\r\n\r\nSTOP\r\n"]


def test_what_is_slipped_in_before_the_handshake_is_never_obeyed(tmp_path: Path) -> None:
    certificate, key = make(tmp_path)
    with door([], tls_cert=certificate, tls_key=key) as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        talk.socket.sendall(b"STARTTLS\r\nLHLO evil\r\nMAIL FROM:<evil@b.example>\r\n")
        assert talk.reply().startswith("220")
        talk.file.close()
        context = ssl.create_default_context(cafile=certificate)
        try:
            talk.socket = context.wrap_socket(talk.socket, server_hostname="127.0.0.1")
        except OSError:
            talk.file = talk.socket.makefile("rb")
            return  # refused: the injected bytes are no handshake
        talk.file = talk.socket.makefile("rb")
        assert talk.say("RCPT TO:<privacy@shop.example>").startswith("503")


def test_a_handshake_that_fails_leaves_no_trace_and_the_door_open(
        tmp_path: Path, written: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    certificate, key = make(tmp_path)
    with door([], tls_cert=certificate, tls_key=key) as port:
        for wrong in (b"GET / HTTP/1.1\r\n\r\n", b""):
            with closing(Talk(port)) as talk:
                talk.say("LHLO me")
                assert talk.say("STARTTLS").startswith("220")
                talk.socket.sendall(wrong)
        with closing(Talk(port)) as talk:  # who does not trust us goes away
            talk.say("LHLO me")
            assert talk.say("STARTTLS").startswith("220")
            with pytest.raises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(talk.socket, server_hostname="127.0.0.1")
        with closing(Talk(port)) as talk:
            assert talk.say("LHLO me").startswith("250")
    assert written.getvalue() == ""
    assert not caplog.records


def test_starttls_twice_or_where_there_is_none_is_refused(tmp_path: Path) -> None:
    certificate, key = make(tmp_path)
    with door([], tls_cert=certificate, tls_key=key) as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        assert talk.say("STARTTLS now").startswith("501")
        secure(talk, certificate)
        talk.say("LHLO me")
        assert talk.say("STARTTLS").startswith("503")
        assert talk.say("NOOP").startswith("250")
    with door([]) as port, closing(Talk(port)) as talk:
        assert "STARTTLS" not in offered(talk)
        assert talk.say("STARTTLS")[0] in "45"
        assert talk.say("NOOP").startswith("250")


@pytest.mark.usefixtures("from_elsewhere")
def test_a_password_is_not_taken_in_the_clear_and_is_after_tls(tmp_path: Path) -> None:
    stored: Stored = []
    certificate, key = make(tmp_path)
    with door(stored, tls_cert=certificate, tls_key=key, **LOGIN) as port, closing(Talk(port)) as talk:
        assert "AUTH" not in offered(talk)
        assert talk.say(plain_login("mx", "s3cret")).startswith("538 5.7.11")
        assert talk.say("MAIL FROM:<a@b.example>").startswith("530")
        secure(talk, certificate)
        assert "AUTH" in offered(talk)
        assert talk.say("MAIL FROM:<a@b.example>").startswith("530")
        assert talk.say(plain_login("mx", "wrong")).startswith("535 5.7.8")
        assert talk.say(plain_login("mx", "s3cret")).startswith("235 2.7.0")
        talk.say("MAIL FROM:<a@b.example>")
        talk.say("RCPT TO:<privacy@shop.example>")
        talk.say("DATA")
        assert talk.say("\r\nSTOP\r\n.").startswith("250")
    assert len(stored) == 1


def test_a_login_does_not_outlive_starttls(tmp_path: Path) -> None:
    certificate, key = make(tmp_path)
    with door([], tls_cert=certificate, tls_key=key, **LOGIN) as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        assert talk.say(plain_login("mx", "s3cret")).startswith("235")
        secure(talk, certificate)
        talk.say("LHLO me")
        assert talk.say("MAIL FROM:<a@b.example>").startswith("530")


def test_guesses_are_counted_over_the_whole_connection(tmp_path: Path) -> None:
    with door([], **LOGIN) as port, closing(Talk(port)) as talk:
        talk.say("LHLO me")
        said = [talk.say(plain_login("mx", f"guess{number}"))[:3] for number in range(3)]
        assert said == ["535"] * 3
        assert talk.say(plain_login("mx", "s3cret")).startswith("421")
        assert talk.file.read() == b""


@pytest.mark.parametrize(("protocol", "hello"), [("lmtp", "LHLO me"), ("smtp", "EHLO me")])
def test_require_tls_refuses_everything_before_it(tmp_path: Path, protocol: str, hello: str) -> None:
    stored: Stored = []
    certificate, key = make(tmp_path)
    options = {"tls_cert": certificate, "tls_key": key, "require_tls": True, "protocol": protocol}
    with door(stored, **options, **LOGIN) as port, closing(Talk(port)) as talk:
        assert talk.say(hello).startswith("250")
        for early in ("MAIL FROM:<a@b.example>", plain_login("mx", "s3cret"), "RCPT TO:<privacy@shop.example>", "DATA",
                      "RSET", "VRFY anne"):
            assert talk.say(early).startswith("530 5.7.0"), early
        assert talk.say("NOOP").startswith("250")
        assert talk.say("FOO").startswith("500")
        secure(talk, certificate)
        talk.say(hello)
        assert talk.say(plain_login("mx", "s3cret")).startswith("235")
        assert talk.say("MAIL FROM:<a@b.example>").startswith("250")
    assert not stored


def test_the_door_closes_at_once_on_a_client_that_reads_nothing(tmp_path: Path) -> None:
    certificate, key = make(tmp_path)
    with door([], tls_cert=certificate, tls_key=key) as port:
        talk = Talk(port)
        talk.say("LHLO me")
        secure(talk, certificate)
        assert talk.say("NOOP").startswith("250")
        since = time.monotonic()
    assert time.monotonic() - since < GRACE
    assert talk.reply() == "421 4.3.2 Closing"
    talk.close()


@pytest.mark.parametrize("options", [{"require_tls": True}, {"tls_key": Path("k.pem")}, {"tls_cert": Path("none.pem")}])
def test_a_certificate_that_cannot_be_used_is_a_sentence(options: dict[str, Any]) -> None:
    with pytest.raises(OperatorError, match=r"lmtp\.tls_cert"), door([], **options):
        pass
