"""DKIM by our own signer is what dkimpy verifies; header values from outside start no header field."""

from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bot.dkim import DkimSigner
from bot.reply import compose
from storage.records import ChannelKind, Handle
from templates import Rendered


@pytest.mark.parametrize("kind", ["rsa"])  # dkimpy reads Ed25519 only with another library
def test_dkimpy_verifies_what_we_sign(kind: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    import base64
    public = key.public_key()
    der = (public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if kind == "rsa"
           else public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    record = b"v=DKIM1; k=" + kind.encode() + b"; p=" + base64.b64encode(der)
    out = compose(None, Rendered("Sujet é", "texte\n", "<p>texte</p>\n"), template="t", language="fr",
                  sender="Shop <privacy@shop.example>", to=Handle(ChannelKind.EMAIL, "a@b.org"),
                  message_id="<1-2@shop.example>", loop_key="x", date=datetime(2026, 11, 23, tzinfo=UTC),
                  dkim=DkimSigner("shop.example", "s1", pem))
    assert dkim.verify(out.payload, dnsfunc=lambda name, timeout=5: record)


def test_a_subject_cannot_start_a_header() -> None:
    out = compose(None, Rendered("a\r\nBcc: x@y", "t", "h"), template="t", language="en", sender="p@s.example",
                  to=Handle(ChannelKind.EMAIL, "a@b.org"), message_id="<1@s>", loop_key="x",
                  date=datetime(2026, 11, 23, tzinfo=UTC), dkim=None)
    assert b"\r\nBcc:" not in out.payload

