"""DKIM signing (RFC 6376, RFC 8463) over `cryptography`: relaxed/relaxed, RSA-SHA256 or Ed25519-SHA256."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.errors import OperatorError

SIGNED = ("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted",
          "mime-version", "content-type")


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 3.4.4: white space in a line is one space, at its end none; no empty lines at the end."""
    if b" " in body or b"\t" in body:
        body = re.sub(rb" (?=\r\n|$)", b"", re.sub(rb"[ \t]+", b" ", body))
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _relaxed(name: str, value: bytes) -> bytes:
    words = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()
    return name.encode() + b":" + words


class DkimSigner:
    """Signs as `selector._domainkey.domain`."""

    def __init__(self, domain: str, selector: str, private_key_pem: bytes) -> None:
        """PEM of an RSA (>= 2048 bits) or Ed25519 key, unencrypted."""
        try:
            key = load_pem_private_key(private_key_pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise OperatorError("dkim.key_file holds no private key in PEM form without a passphrase: make one with "
                                "`openssl genrsa -out dkim.pem 2048`.") from None
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise OperatorError("The DKIM key must be RSA or Ed25519; make one with `dknewkey` or openssl.")
        self._key, self._domain, self._selector = key, domain, selector
        self._algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, payload: bytes) -> bytes:
        """The message with a DKIM-Signature field on top; CRLF in, CRLF out."""
        head, _, body = payload.partition(b"\r\n\r\n")
        unfolded = [line.partition(b":") for line in re.split(rb"\r\n(?![ \t])", head)]
        fields = {name.decode("latin-1").strip().lower(): value for name, _, value in unfolded}
        names = [name for name in SIGNED if name in fields]
        digest = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest()).decode()
        unsigned = (f"v=1; a={self._algorithm}; c=relaxed/relaxed; d={self._domain}; s={self._selector};\r\n"
                    f" h={':'.join(names)};\r\n bh={digest};\r\n b=")
        data = b"\r\n".join([*(_relaxed(name, fields[name]) for name in names),
                             _relaxed("dkim-signature", unsigned.encode())])
        signature = base64.b64encode(self._raw(data)).decode()
        folded = "\r\n ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
        return f"DKIM-Signature: {unsigned}{folded}\r\n".encode() + payload

    def _raw(self, data: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, PKCS1v15(), SHA256())
        return self._key.sign(hashlib.sha256(data).digest())
