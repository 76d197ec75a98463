"""DKIM by our own signer is what dkimpy verifies; header values from outside start no header field."""

import base64
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bot.dkim import DkimSigner
from bot.errors import OperatorError
from bot.reply import compose
from storage.records import ChannelKind, Handle
from templates import Rendered


@pytest.mark.parametrize("kind", ["rsa"])  # dkimpy reads Ed25519 only with another library
def test_dkimpy_verifies_what_we_sign(kind: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key()
    der = (public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if kind == "rsa"
           else public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    record = b"v=DKIM1; k=" + kind.encode() + b"; p=" + base64.b64encode(der)
    out = compose(None, Rendered("Sujet é", "texte\n", "<p>texte</p>\n"), template="t", language="fr",
                  sender="Shop <privacy@shop.example>", to=Handle(ChannelKind.EMAIL, "a@b.org"),
                  message_id="<1-2@shop.example>", loop_key="x", date=datetime(2026, 11, 23, tzinfo=UTC))
    signed = DkimSigner("shop.example", "s1", pem).sign(out.payload)
    assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: record)


def test_white_space_is_signed_as_relaxed_canonicalization_reads_it() -> None:
    key = rsa.generate_private_key(65537, 2048)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    signer = DkimSigner("shop.example", "s1", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    head = b"From: a@shop.example\r\nSubject:  two  words \r\n\r\n"
    for body in (b"", b"\r\n\r\n", b"a  b\t\r\n \r\nc \r\n\r\n", b" \t\r\n", b"no end", b"tab\tat end \t\r\n"):
        assert dkim.verify(signer.sign(head + body), dnsfunc=lambda name, timeout=5: record), body


@pytest.mark.parametrize("pem", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_a_sentence(pem: bytes) -> None:
    with pytest.raises(OperatorError, match=r"dkim\.key_file"):
        DkimSigner("shop.example", "s1", pem)


def test_a_subject_cannot_start_a_header() -> None:
    out = compose(None, Rendered("a\r\nBcc: x@y", "t", "h"), template="t", language="en", sender="p@s.example",
                  to=Handle(ChannelKind.EMAIL, "a@b.org"), message_id="<1@s>", loop_key="x",
                  date=datetime(2026, 11, 23, tzinfo=UTC))
    assert b"\r\nBcc:" not in out.payload

