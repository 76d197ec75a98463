"""The door over real sockets: what strangers send, and what they are told."""

import base64
import io
import smtplib
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import pytest

from bot import log
from bot.channels.lmtp import LmtpConfig, LmtpReceiver
from bot.errors import OperatorError

OURS = frozenset({"privacy@shop.example"})
Stored = list[tuple[bytes, Mapping[str, Any]]]


@contextmanager
def door(stored: Stored | None = None, accept: Callable[..., bool] | None = None, **options: object) -> Iterator[int]:
    def keep(raw: bytes, external: str, envelope: Mapping[str, Any]) -> bool:
        assert stored is not None
        stored.append((raw, envelope))
        return True

    receiver = LmtpReceiver(LmtpConfig(recipients=OURS, **options), accept or keep)
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
