"""DKIM, SPF and DMARC against zones held in memory."""

import base64
from collections.abc import Mapping, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bot import dmarc, spf
from bot.authentication import verify
from bot.dkim import DkimSigner
from bot.dns import Zone
from bot.messages import Envelope

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
MAIL = (b"From: Anne <anne@people.example>\r\nTo: privacy@shop.example\r\nSubject: x\r\nDate: Mon, 23 Nov 2026 10:00:00"
        b" +0000\r\nMessage-ID: <1@people.example>\r\n\r\nOui\r\n")
POLICY = {"_dmarc.people.example": {"TXT": ["v=DMARC1; p=reject"]}}


def signed(domain: str = "people.example") -> bytes:
    return DkimSigner(domain, "s1", PEM).sign(MAIL)


def zone(*, key_at: str = "people.example", **more: Mapping[str, Sequence[str]] | None) -> Zone:
    return Zone({f"s1._domainkey.{key_at}": {"TXT": [f"v=DKIM1; k=rsa; p={PUBLIC}"]}} | POLICY | more)


def result(raw: bytes, names: Zone, envelope: Envelope | None = None) -> tuple[str, str, str]:
    found = verify(raw, envelope or Envelope(), "people.example", names)
    return found["dkim"], found["spf"], found["dmarc"]


def test_an_aligned_signature_is_a_pass() -> None:
    assert result(signed(), zone()) == ("pass", "none", "pass")


def test_a_changed_text_is_a_fail() -> None:
    assert result(signed().replace(b"Oui", b"Non"), zone()) == ("fail", "none", "fail")


def test_somebody_elses_signature_vouches_for_nobody() -> None:
    assert result(signed("bulk.example"), zone(key_at="bulk.example")) == ("pass", "none", "fail")


def test_without_a_policy_nothing_is_proven() -> None:
    names = Zone({"s1._domainkey.people.example": {"TXT": [f"v=DKIM1; k=rsa; p={PUBLIC}"]}})
    assert result(signed(), names) == ("pass", "none", "none")


def test_text_added_under_a_length_tag_is_not_signed() -> None:
    raw = signed().replace(b"DKIM-Signature: v=1;", b"DKIM-Signature: v=1; l=5;", 1)
    assert result(raw, zone())[2] == "fail"


def test_dns_out_of_reach_is_neither_pass_nor_fail() -> None:
    names = Zone({"s1._domainkey.people.example": None})
    assert result(signed(), names)[2] == "temperror"
    assert result(signed(), zone(**{"_dmarc.people.example": None}))[2] == "temperror"


def test_an_unsigned_mail_costs_no_question() -> None:
    names = zone()
    assert result(MAIL, names) == ("none", "none", "fail")
    assert names.asked == []


def test_endless_signatures_are_not_all_looked_at() -> None:
    raw = b"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=aa; b=bb\r\n" * 500 + MAIL
    names = zone()
    assert result(raw, names)[2] == "fail"
    assert len(names.asked) <= 5


def test_spf_counts_for_a_sender_that_connects_itself() -> None:
    names = zone(**{"people.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ip4:8.8.8.0/24 -all"]}})
    good = Envelope("anne@people.example", (), "8.8.8.8")
    assert result(MAIL, names, good) == ("none", "pass", "pass")
    assert result(MAIL, names, Envelope("anne@people.example", (), "9.9.9.9")) == ("none", "fail", "fail")
    assert result(MAIL, names, Envelope("anne@people.example", (), "127.0.0.1")) == ("none", "none", "fail")
    assert result(MAIL, names, Envelope("x@bulk.example", (), "8.8.8.8"))[2] == "fail"


@pytest.mark.parametrize(("text", "ip", "expected"), [
    ("v=spf1 -all", "8.8.8.8", "fail"), ("v=spf1 ~all", "8.8.8.8", "softfail"), ("v=spf1 ?all", "8.8.8.8", "neutral"),
    ("v=spf1", "8.8.8.8", "neutral"), ("v=spf2.0 all", "8.8.8.8", "none"), ("v=spf1 +all", "8.8.8.8", "pass"),
    ("v=spf1 a -all", "8.8.4.4", "pass"), ("v=spf1 a/24 -all", "8.8.4.9", "pass"), ("v=spf1 a -all", "8.8.4.9", "fail"),
    ("v=spf1 a:other.example//64 -all", "2606:4700::9", "pass"), ("v=spf1 mx -all", "1.1.1.1", "pass"),
    ("v=spf1 ip6:2606:4700::/32 -all", "2606:4700::1", "pass"), ("v=spf1 ip4:8.8.8.8/33 -all", "8.8.8.8", "permerror"),
    ("v=spf1 include:good.example -all", "8.8.8.8", "pass"), ("v=spf1 include:nowhere.example", "8.8.8.8", "permerror"),
    ("v=spf1 redirect=good.example", "8.8.8.8", "pass"),
    ("v=spf1 exists:%{ir}.%{v}.list.example -all", "1.2.3.4", "pass"),
    ("v=spf1 exists:%{l}.%{d2}.list.example -all", "8.8.8.8", "pass"),
    ("v=spf1 unknown:x -all", "8.8.8.8", "permerror"),
    ("v=spf1 include:loop.example -all", "8.8.8.8", "permerror"), ("v=spf1 ptr -all", "8.8.8.8", "fail"),
    ("v=spf1 a:n1.example a:n2.example a:n3.example -all", "8.8.8.8", "permerror"),
    ("v=spf1 include:away.example -all", "8.8.8.8", "temperror"), ("v=spf1 exp=x.example -all", "8.8.8.8", "fail"),
])
def test_spf(text: str, ip: str, expected: str) -> None:
    names = Zone({
        "people.example": {"TXT": ["other", text], "A": ["8.8.4.4"], "MX": ["mx.people.example"]},
        "mx.people.example": {"A": ["1.1.1.1"]}, "other.example": {"A": ["2606:4700::1"]},
        "good.example": {"TXT": ["v=spf1 ip4:8.8.8.8 -all"]}, "4.3.2.1.in-addr.list.example": {"A": ["127.0.0.2"]},
        "anne.people.example.list.example": {"A": ["127.0.0.2"]}, "away.example": None,
        "loop.example": {"TXT": ["v=spf1 include:loop.example -all"]}})
    assert spf.check(ip, "anne@people.example", "", names)[0] == expected


def test_the_null_sender_is_read_by_its_greeting() -> None:
    names = Zone({"mx.people.example": {"TXT": ["v=spf1 ip4:8.8.8.8 -all"]}})
    assert spf.check("8.8.8.8", "", "mx.people.example", names) == ("pass", "mx.people.example")
    assert spf.check("8.8.8.8", None, "", names)[0] == "none"


@pytest.mark.parametrize(("names", "domain", "root"), [
    ({"people.example": "v=DMARC1; p=none"}, "a.b.people.example", "people.example"),
    ({"example": "v=DMARC1; psd=y", "people.example": "v=DMARC1; p=none"}, "x.people.example", "people.example"),
    ({"example": "v=DMARC1; psd=y"}, "x.people.example", "people.example"),
    ({"x.people.example": "v=DMARC1; psd=n", "people.example": "v=DMARC1"}, "y.x.people.example", "x.people.example"),
    ({}, "x.people.example", "x.people.example"),
    ({"people.example": "v=DMARC1"}, ".".join("abcdefghijkl") + ".people.example", "people.example"),
])
def test_organisational_domains_by_tree_walk(names: dict[str, str], domain: str, root: str) -> None:
    found = Zone({f"_dmarc.{name}": {"TXT": [text]} for name, text in names.items()})
    assert dmarc.organisational(domain, found) == root
    assert len(found.asked) <= 8


@pytest.mark.parametrize(("policy", "by", "expected"), [
    ("v=DMARC1; p=none", "mail.people.example", "pass"), ("v=DMARC1; adkim=s", "mail.people.example", "fail"),
    ("v=DMARC1; adkim=s", "people.example", "pass"), ("v=DMARC1; p=none", "evilpeople.example", "fail"),
])
def test_alignment(policy: str, by: str, expected: str) -> None:
    names = Zone({"_dmarc.people.example": {"TXT": [policy]}})
    assert dmarc.evaluate("people.example", [("dkim", by)], names) == expected
