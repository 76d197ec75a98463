"""The sender against a real mail server: one connection, every refusal named, nothing lost and nothing twice."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bot.channels.smtp import SmtpConfig, SmtpSender
from bot.clock import new_id, system_clock
from bot.dkim import DkimSigner
from bot.errors import OperatorError, PermanentDeliveryError, TemporaryError
from bot.workers.deliver import deliver_all
from storage.memory import MemoryStore
from storage.records import ChannelKind, Handle, OutboxItem, OutboxStatus
from tests.servers.certificates import make
from tests.servers.next_hop import PASSWORD, USER, NextHop, next_hop

MAIL = b"From: privacy@shop.example\r\nMessage-ID: <1@shop.example>\r\n\r\n.done\r\n"


def letter(to: str = "anne@example.org", payload: bytes = MAIL, sender: str = "") -> OutboxItem:
    return OutboxItem(new_id(), ChannelKind.EMAIL, Handle(ChannelKind.EMAIL, to), "t", "en", sender, payload,
                      f"<{new_id()}@shop.example>", None, datetime(2026, 11, 24, tzinfo=UTC))


@pytest.fixture(params=[False, True], ids=["one by one", "pipelining"])
def hop(request: pytest.FixtureRequest) -> Iterator[NextHop]:
    with next_hop(pipelining=request.param) as server:
        yield server


def to(hop: NextHop, **options: object) -> "closing[SmtpSender]":
    return closing(SmtpSender(SmtpConfig("127.0.0.1", hop.port, timeout=30, **options)))  # type: ignore[arg-type]


# One connection


def test_the_connection_is_kept_and_the_mail_is_what_was_queued(hop: NextHop) -> None:
    with to(hop) as sender:
        for _ in range(3):
            sender.send(letter())
    assert hop.said == ["connect", "EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]
    assert [mail.content for mail in hop.mails] == [MAIL] * 3
    assert hop.mails[0].recipients == ("anne@example.org",)


def test_our_answers_leave_with_the_null_reverse_path(hop: NextHop) -> None:
    with to(hop) as sender:
        sender.send(letter())
        sender.send(letter(sender="bounce@shop.example"))
    assert [mail.sender for mail in hop.mails] == ["<>", "bounce@shop.example"]


def test_a_server_that_hangs_up_between_mails_costs_a_connection_and_no_mail(hop: NextHop) -> None:
    with to(hop) as sender:
        for _ in range(3):
            sender.send(letter())
            hop.leave()
    assert hop.said.count("connect") == 3
    assert len(hop.mails) == 3


def test_a_server_that_says_421_between_mails_costs_a_connection_and_no_mail(hop: NextHop) -> None:
    with to(hop) as sender:
        sender.send(letter())
        hop.answers["MAIL"] = "421 4.4.2 idle for too long bye"
        with pytest.raises(TemporaryError, match="421"):
            sender.send(letter())  # tried on a new connection as well
        assert hop.said.count("connect") == 2
        hop.answers.clear()
        sender.send(letter())
    assert len(hop.mails) == 2


def test_a_queue_passes_a_server_that_keeps_hanging_up_once_each(hop: NextHop) -> None:
    store = MemoryStore(b"s" * 32, system_clock, new_id)
    letters = [letter(f"p{number}@example.org") for number in range(7)]
    with store.unit_of_work() as uow:
        for each in letters:
            uow.outbox.add(each)
        uow.commit()
    with to(hop) as sender:
        def send(item: OutboxItem) -> None:
            sender.send(item)
            hop.leave()
        deliver_all(store.unit_of_work, send, system_clock)
    assert sorted(mail.recipients[0] for mail in hop.mails) == sorted(each.recipient.value for each in letters)
    with store.unit_of_work() as uow:
        assert {item.status for item in uow.outbox.list()} == {OutboxStatus.SENT}


def test_a_connection_lost_before_the_mail_was_taken_is_temporary_and_the_next_try_sends_it(hop: NextHop) -> None:
    with to(hop) as sender:
        for lost_at in ("RCPT", "DATA"):
            hop.answers[lost_at] = "421 4.3.2 shutting down bye"
            with pytest.raises(TemporaryError, match="421"):
                sender.send(letter())
            hop.answers.clear()
        sender.send(letter())
    assert len(hop.mails) == 1


def test_nobody_there_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sender = SmtpSender(SmtpConfig("127.0.0.1", port))
    with pytest.raises(TemporaryError, match="cannot be reached"):
        sender.send(letter())
    sender.close()


@pytest.mark.parametrize(("greeting", "why"), [
    (b"421 4.3.2 busy\r\n", "421"), (b"554 5.7.1 not you\r\n", "554"), (b"", "reached"),
    (b"what?\r\n", "not speak SMTP")])
def test_a_server_that_does_not_want_us_is_temporary_for_the_mail(greeting: bytes, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def greet() -> None:
            client, _ = listener.accept()
            with client:
                client.sendall(greeting)
        thread = threading.Thread(target=greet)
        thread.start()
        config = SmtpConfig("127.0.0.1", listener.getsockname()[1], timeout=30)
        with closing(SmtpSender(config)) as sender, pytest.raises(TemporaryError, match=why):
            sender.send(letter())
        thread.join()


# Refusals


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_5xx_is_for_good_and_the_next_mail_goes_on_the_same_connection(hop: NextHop, command: str) -> None:
    with to(hop) as sender:
        hop.answers[command] = "550 5.1.1 no such user"
        with pytest.raises(PermanentDeliveryError, match="refused with 550"):
            sender.send(letter())
        hop.answers.clear()
        sender.send(letter("zoe@example.org"))
    assert [mail.recipients for mail in hop.mails] == [("zoe@example.org",)]
    assert hop.said.count("connect") == 1
    assert hop.said.count("RSET") == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_4xx_is_temporary_and_the_next_mail_goes_on_the_same_connection(hop: NextHop, command: str) -> None:
    with to(hop) as sender:
        hop.answers[command] = "451 4.7.1 greylisted"
        with pytest.raises(TemporaryError, match="deferred with 451"):
            sender.send(letter())
        hop.answers.clear()
        sender.send(letter())
    assert len(hop.mails) == 1
    assert hop.said.count("connect") == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_counts_even_when_the_server_hangs_up_after_it(hop: NextHop, command: str) -> None:
    with to(hop) as sender:
        hop.answers[command] = "554 5.7.1 go away bye"
        with pytest.raises(PermanentDeliveryError, match="refused with 554"):
            sender.send(letter())
        hop.answers.clear()
        sender.send(letter())
    assert len(hop.mails) == 1


def test_the_reason_names_no_address(hop: NextHop) -> None:
    hop.answers["RCPT"] = "550 5.1.1 <anne@example.org> is not here"
    with to(hop) as sender, pytest.raises(PermanentDeliveryError) as caught:
        sender.send(letter())
    assert "anne" not in str(caught.value)


@contextmanager
def scripted(*answers: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that offers PIPELINING and says these lines, one for each line that it is told, then hangs up."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve() -> None:
            client, _ = listener.accept()
            with client, client.makefile("rb") as lines:
                client.sendall(b"220 mx\r\n")
                for answer in (b"250-mx\r\n250 PIPELINING", *answers):
                    told.append(lines.readline())
                    if answer is not None:
                        client.sendall(answer + b"\r\n")
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], told
        thread.join()


def test_a_server_that_waits_for_a_mail_for_nobody_gets_none_of_it() -> None:
    refusal = (b"250 ok", b"550 5.1.1 no such user", b"354 go on", b"554 no valid recipients", b"250 reset")
    with scripted(*refusal, b"221 bye") as (port, told), closing(
            SmtpSender(SmtpConfig("127.0.0.1", port, timeout=30))) as sender, \
            pytest.raises(PermanentDeliveryError, match="550"):
        sender.send(letter())
    assert [line.strip() for line in told[3:]] == [b"DATA", b".", b"rset", b"quit"]


def test_an_answer_to_data_that_is_no_go_ahead_is_no_delivery() -> None:
    with scripted(b"250 ok", b"250 ok", b"250 what?", b"250 reset", b"221 bye") as (port, told), closing(
            SmtpSender(SmtpConfig("127.0.0.1", port, timeout=30))) as sender, \
            pytest.raises(TemporaryError, match="250"):
        sender.send(letter())
    assert [line.strip() for line in told[3:]] == [b"DATA", b"rset", b"quit"]


def test_what_goes_together_leaves_together() -> None:
    with scripted(b"250 ok\r\n250 ok\r\n354 go on", None, None) as (port, told):
        sender = SmtpSender(SmtpConfig("127.0.0.1", port, timeout=30))
        with pytest.raises(TemporaryError):  # lost after DATA: it may be there, it is sent again
            sender.send(letter())
        sender.close()
    assert [line.split(b":")[0].strip() for line in told[1:]] == [b"MAIL FROM", b"RCPT TO", b"DATA"]


@pytest.mark.parametrize("address", [
    "a@b.example>\r\nRCPT TO:<c@d.example", "a\n@b.example", "a b@c.example", '"a@b.example', "a@b.example> SIZE=1",
    "\udc80@b.example"])
def test_what_is_no_address_becomes_no_command(hop: NextHop, address: str) -> None:
    with to(hop) as sender, pytest.raises(PermanentDeliveryError, match="cannot be written"):
        sender.send(letter(address))
    assert "MAIL" not in hop.said


def test_a_quoted_local_part_is_an_address(hop: NextHop) -> None:
    with to(hop) as sender:
        sender.send(letter('"anne x"@example.org'))
    assert hop.mails[0].recipients == ('"anne x"@example.org',)


# Addresses outside ASCII (RFC 6531)


def test_an_address_outside_ascii_is_said_as_utf8(hop: NextHop) -> None:
    with to(hop) as sender:
        sender.send(letter("zoé@exemple.fr"))
        sender.send(letter("anne@müller.example"))
    assert [mail.recipients for mail in hop.mails] == [("zoé@exemple.fr",), ("anne@xn--mller-kva.example",)]
    assert "SMTPUTF8" in hop.mails[0].options
    assert hop.mails[1].options == ()  # the domain in ASCII: any server takes it


def test_header_fields_outside_ascii_need_smtputf8_and_a_body_does_not(hop: NextHop) -> None:
    with to(hop) as sender:
        sender.send(letter(payload="To: zoé@exemple.fr\r\n\r\nx\r\n".encode()))
        sender.send(letter(payload="To: anne@example.org\r\n\r\né\r\n".encode()))
    assert [("SMTPUTF8" in mail.options) for mail in hop.mails] == [True, False]


def test_a_server_without_smtputf8_is_a_permanent_failure_and_the_next_mail_goes() -> None:
    with next_hop(enable_SMTPUTF8=False) as hop, to(hop) as sender:
        with pytest.raises(PermanentDeliveryError, match="SMTPUTF8"):
            sender.send(letter("zoé@exemple.fr"))
        sender.send(letter())
        with pytest.raises(PermanentDeliveryError, match="SMTPUTF8"):
            sender.send(letter("zoé@exemple.fr"))
        sender.send(letter())
    assert len(hop.mails) == 2
    assert hop.said.count("connect") == 1


# TLS and login


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_of_a_private_authority_is_verified(tmp_path: Path, tls: str) -> None:
    pair = make(tmp_path)
    with (next_hop(certificate=pair, tls=tls == "tls", require_starttls=tls == "starttls") as hop,
          to(hop, tls=tls, ca_file=pair[0]) as sender):
        sender.send(letter())
        hop.leave()
        sender.send(letter())
    assert len(hop.mails) == 2


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("trusted", [None, "another"])
def test_a_certificate_nobody_vouches_for_is_refused_and_the_setting_is_named(
        tmp_path: Path, tls: str, trusted: str | None) -> None:
    ca = make(tmp_path, trusted)[0] if trusted else None
    with (next_hop(certificate=make(tmp_path), tls=tls == "tls") as hop, to(hop, tls=tls, ca_file=ca) as sender,
          pytest.raises(TemporaryError, match=r"certificate.*smtp\.ca_file")):
        sender.send(letter())
    assert not hop.mails
    assert "MAIL" not in hop.said


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    pair = make(tmp_path)  # for localhost and 127.0.0.1
    with next_hop(certificate=pair, tls=True, host="127.0.0.2") as hop:
        config = SmtpConfig("127.0.0.2", hop.port, "tls", ca_file=pair[0], timeout=30)
        with closing(SmtpSender(config)) as sender, pytest.raises(TemporaryError, match=r"127\.0\.0\.2.*smtp\.host"):
            sender.send(letter())
    assert not hop.mails


def test_tls_where_there_is_none_is_said(hop: NextHop) -> None:
    with to(hop, tls="tls") as sender, pytest.raises(TemporaryError, match=r"TLS.*smtp\.port"):
        sender.send(letter())


def test_starttls_that_is_not_offered_is_never_skipped(hop: NextHop) -> None:
    with to(hop, tls="starttls") as sender, pytest.raises(TemporaryError, match=r"smtp\.tls.*STARTTLS"):
        sender.send(letter())
    assert not hop.mails


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_right_password_logs_in_once_a_connection(tmp_path: Path, tls: str) -> None:
    pair = make(tmp_path)
    with (next_hop(certificate=pair, tls=tls == "tls", auth_required=tls == "starttls") as hop,
          to(hop, tls=tls, ca_file=pair[0], user=USER, password=PASSWORD) as sender):
        sender.send(letter())
        sender.send(letter())
    assert hop.logins == [USER]
    assert len(hop.mails) == 2


def test_a_wrong_password_is_temporary_and_says_which_settings_are_wrong(tmp_path: Path) -> None:
    pair = make(tmp_path)
    with (next_hop(certificate=pair) as hop,
          to(hop, tls="starttls", ca_file=pair[0], user=USER, password="wrong") as sender,
          pytest.raises(TemporaryError, match=r"535.*smtp\.user") as caught):
        sender.send(letter())
    assert "wrong" not in str(caught.value)
    assert not hop.mails


def test_a_server_that_wants_a_login_does_not_cost_the_mail(tmp_path: Path) -> None:
    pair = make(tmp_path)
    with (next_hop(certificate=pair, auth_required=True) as hop, to(hop, tls="starttls", ca_file=pair[0]) as sender,
          pytest.raises(TemporaryError, match="530")):
        sender.send(letter())


def test_a_login_that_is_not_offered_says_so(hop: NextHop) -> None:
    with to(hop, user=USER, password=PASSWORD) as sender, pytest.raises(TemporaryError, match=r"smtp\.user"):
        sender.send(letter())


def test_a_ca_file_that_is_no_certificate_is_the_operators_mistake(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(OperatorError, match=r"smtp\.ca_file"):
        SmtpSender(SmtpConfig(tls="tls", ca_file=tmp_path / "ca.pem"))


# Signing


def test_what_leaves_is_signed_when_a_key_is_set_and_the_queue_holds_what_was_written(hop: NextHop) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    signer = DkimSigner("shop.example", "s1", pem)
    with closing(SmtpSender(SmtpConfig("127.0.0.1", hop.port, timeout=30), signer)) as sender:
        sender.send(letter())
    (mail,) = hop.mails
    assert mail.content.endswith(MAIL)
    assert dkim.verify(mail.content, dnsfunc=lambda name, timeout=5: record)
