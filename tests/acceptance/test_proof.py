"""What a person at an authority is given, and what they can check alone."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import system_clock
from nlp.intents import Intent
from storage import bundle
from storage.bundle import make, verify
from storage.pack import pack, unpack
from storage.records import Capacity, ConsentEvent, ConsentStatus, EventTag, Notice, Party, Provenance
from storage.signing import Signer
from tests.contract.conftest import event
from tests.harness.proofs import WHO, Desk

WORDS = "Bonjour <script>alert('x')</script> & <img src=x onerror=y>: STOP \u202e é"


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, f"sqlite:///{tmp_path}/s.sqlite3" if request.param == "sqlite"
                else request.getfixturevalue("postgres_url"))
    yield made
    made.close()


def written(desk: Desk) -> Desk:
    """Anna says no, asks what we hold; somebody else writes too; a file tells of an old yes; a wording was shown."""
    desk.write(WORDS)
    desk.write("nothing of mine is to be in it", who="bob@example.net", fields="")
    desk.write("What do you hold on me?", Intent.ACCESS)
    party, now = desk.party(), system_clock()
    with desk.store.unit_of_work() as uow:
        uow.notices.add(Notice("a" * 64, "join", "3", "en", "May we <i>write</i>?", now))
        event = ConsentEvent(
            EventTag.IMPORT, party.id, Capacity.CONSUMER, "newsletter", "email", ConsentStatus.UNKNOWN,
            ConsentStatus.GIVEN, now - timedelta(days=900), "staff:zoe", "FR-01", "import", "b" * 64,
            {"proof": "box 3"}, Provenance.IMPORTED, notice="a" * 64)
        uow.ledger.append(event)
        uow.ledger.append(replace(event, purpose="offers", provenance=Provenance.DECLARED, tag=EventTag.GRANT))
        uow.ledger.append(replace(event, purpose="offers", provenance=Provenance.WITNESSED, tag=EventTag.EXPIRE,
                                  status_after=ConsentStatus.EXPIRED, actor="system", source_hash="0" * 64))
        uow.commit()
    return desk


def opened(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_proof_has_all_that_a_choice_rests_on_and_nothing_of_others(desk: Desk) -> None:
    written(desk)
    said = desk.says("proof", "-", "--out", "p.zip", typed=f"email:{WHO.value.upper()}\n")
    assert "p.zip: 4 entries, 1 messages" in said
    files = opened(desk.folder / "p.zip")
    assert b"bob@" not in b"".join(files.values())
    manifest = json.loads(files["manifest.json"])
    first = manifest["entries"][0]
    raw = files[first["message"]]
    assert hashlib.sha256(raw).hexdigest() in first["message"]
    assert b"From: Anna" in raw
    assert files[first["answers"][0]].startswith(b"From: ")
    assert [each["backdated"] for each in manifest["entries"]] == [None, "imported", "declared", "late"]
    assert [each["checkpoint"] for each in manifest["entries"]] == [5] * 4, "a checkpoint was signed first"
    beside = json.loads(files[first["message"].replace(".eml", ".json")])
    assert beside["explanation"]["understanding"]["model_version"] == "tiny-1"
    assert ["Subject", f"For {WHO.value}"] in beside["headers"]
    assert json.loads(files["unsealed.jsonl"].splitlines()[0])["personal"]["handle"] == WHO.value
    assert json.loads(files["notices.json"])["a" * 64]["text"] == "May we <i>write</i>?"
    assert json.loads(files["regimes.json"])["FR-01"]["citation"]
    assert (desk.folder / "p.zip").stat().st_mode & 0o077 == 0, "for its owner's eyes"


@pytest.mark.parametrize(("language", "title"), [("fr", "Preuve du consentement"), ("en", "Proof of consent")])
def test_the_page_tells_it_in_words_and_escapes_what_came_from_outside(desk: Desk, language: str, title: str) -> None:
    written(desk)
    desk.says("proof", f"email:{WHO.value}", "--out", "p.zip", "--language", language)
    page = opened(desk.folder / "p.zip")["proof.html"].decode()
    assert f'<html lang="{language}">' in page
    for said in (title, WHO.value, "For anna.okonjo", "FR-01", "CPCE L34-5", "tiny-1", "box 3", "DMARC pass",
                 "May we &lt;i&gt;write&lt;/i&gt;?", "Shop &lt;b&gt;&amp;&lt;/b&gt; Sons", "zoe"):
        assert said in page, said
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'" in page
    assert "http://" not in page.replace("http-equiv", "")


def test_one_consent_alone(desk: Desk) -> None:
    written(desk)
    desk.says("proof", f"email:{WHO.value}", "--out", "p.zip", "--consent", "offers/email")
    entries = json.loads(opened(desk.folder / "p.zip")["manifest.json"])["entries"]
    assert [each["tag"] for each in entries] == ["consent:object", "consent:grant", "consent:expire"]
    assert "purpose, a slash" in desk.refused("proof", f"email:{WHO.value}", "--consent", "offers")
    with desk.store.unit_of_work() as uow:
        uow.ledger.append(event(party="narrow", purpose="newsletter", channel="sms"))
        uow.commit()
    assert "nothing of this party in that scope" in desk.refused("proof", "narrow", "--consent", "offers/sms")


def test_reading_only_signs_nothing_and_says_so(desk: Desk) -> None:
    written(desk)
    said = desk.run("proof", f"email:{WHO.value}", "--out", "p.zip", "--read-only")
    assert said.exit_code == 0, said.exception
    assert "Not signed yet: 4 entries" in said.output
    with desk.store.reader() as uow:
        assert uow.checkpoints.newest() is None
    report = verify((desk.folder / "p.zip").read_bytes())
    assert report.ok
    assert report.unsigned == (1, 3, 4, 5)
    assert "Not signed yet" in CliRunner().invoke(app, ["proof", "--verify", "p.zip"]).output


def test_it_verifies_far_from_the_store(desk: Desk) -> None:
    written(desk)
    key = desk.says("ledger", "key").split("Key ")[1]
    desk.says("proof", f"email:{WHO.value}", "--out", "p.zip")
    desk.config.unlink()
    said = CliRunner().invoke(app, ["proof", "--verify", "p.zip", "--key", key])
    assert said.exit_code == 0, said.output
    assert "Whole: 4 entries and 1 messages" in said.output
    assert "Signed up to entry 5" in said.output
    other = CliRunner().invoke(app, ["proof", "--verify", "p.zip", "--key", "0" * 64])
    assert other.exit_code == 1
    assert "not the one that was published" in other.output
    (desk.folder / "t.zip").write_bytes(b"PK nonsense")
    assert CliRunner().invoke(app, ["proof", "--verify", "t.zip"]).exit_code == 1


def test_mistakes_are_sentences(desk: Desk) -> None:
    written(desk)
    assert "Nobody has that address" in desk.refused("proof", "email:nobody@example.org")
    assert "is no channel" in desk.refused("proof", "pigeon:x")
    assert "There is no such party" in desk.refused("proof", "nobody")
    assert "Say of whom" in desk.refused("proof")
    assert "written in fr and en" in desk.refused("proof", f"email:{WHO.value}", "--language", "xx")
    (desk.folder / "p.zip").write_bytes(b"precious")
    assert "exists already" in desk.refused("proof", f"email:{WHO.value}", "--out", "p.zip")
    assert (desk.folder / "p.zip").read_bytes() == b"precious"
    with desk.store.unit_of_work() as uow:
        uow.parties.add(Party("second", Capacity.PROFESSIONAL), WHO)
        uow.commit()
    assert "two files, never mixed" in desk.refused("proof", f"email:{WHO.value}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A bundle to spoil."""
    folder = tmp_path_factory.mktemp("bundle")
    desk = Desk(folder, f"sqlite:///{folder}/s.sqlite3")
    written(desk)
    desk.says("proof", f"email:{WHO.value}", "--out", str(folder / "p.zip"))
    desk.close()
    return (folder / "p.zip").read_bytes()


def independent(files: dict[str, bytes]) -> int:
    """A verifier by somebody who has read docs/proof.md and nothing else of ours; how many entries it proved."""

    def canonical(value: object) -> bytes:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    def sha(data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    key = load_pem_public_key(files["public-key.pem"])
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.b64decode(files["manifest.sig"]), b"consentry proof manifest\n" + files["manifest.json"])
    listed = json.loads(files["manifest.json"])["files"]
    assert {name: sha(data) for name, data in files.items() if name not in ("manifest.json", "manifest.sig")} == {
        name: told["sha256"] for name, told in listed.items()}
    signed, previous, before = {}, "0" * 64, 0
    for line in files["checkpoints.jsonl"].splitlines():
        told = json.loads(line)
        key.verify(base64.b64decode(told["signature"]), canonical(told["checkpoint"]))
        assert told["checkpoint"]["previous"] == previous
        assert told["checkpoint"]["key_id"] == sha(base64.b64decode(told["public_key"])) == sha(key.public_bytes_raw())
        previous, sequence = sha(canonical(told["checkpoint"])), told["checkpoint"]["sequence"]
        signed[sequence], before = (told["checkpoint"]["root"], before), sequence
    paths = {told["sequence"]: told for told in map(json.loads, files["inclusion.jsonl"].splitlines())}
    for line in files["ledger.jsonl"].splitlines():
        entry = json.loads(line)
        event = entry["event"]
        hashed = {name: entry[name] for name in ("sequence", "id", "schema_version", "recorded_at")} | {
            name: event[name] for name in ("tag", "capacity", "purpose", "channel", "occurred_at", "actor", "regime",
                                           "decision", "provenance", "notice", "valid_until")} | {
            "party": event["party_id"], "before": event["status_before"], "after": event["status_after"],
            "source": event["source_hash"], "sealed": sha(base64.b64decode(entry["sealed"])),
            "previous": entry["previous_hash"]}
        assert sha(canonical(hashed)) == entry["hash"]
        told = paths[entry["sequence"]]
        root, start = signed[told["checkpoint"]]
        assert (told["index"], told["size"]) == (entry["sequence"] - start - 1, told["checkpoint"] - start)
        assert climbed(entry["hash"], told["index"], told["size"], told["path"]) == root
        if event["source_hash"] not in ("0" * 64, "b" * 64):
            assert sha(files[f"messages/{event['source_hash']}.eml"]) == event["source_hash"]
    return len(paths)


def climbed(digest: str, index: int, size: int, path: list[str]) -> str:
    """RFC 9162, 2.1.1, read from the top: the subtree that the leaf is in, and the sibling that the path gives."""
    if size == 1:
        return hashlib.sha256(b"\0" + bytes.fromhex(digest)).hexdigest()
    split, beside = 1 << ((size - 1).bit_length() - 1), bytes.fromhex(path[-1])
    if index < split:
        return hashlib.sha256(b"\1" + bytes.fromhex(climbed(digest, index, split, path[:-1])) + beside).hexdigest()
    right = bytes.fromhex(climbed(digest, index - split, size - split, path[:-1]))
    return hashlib.sha256(b"\1" + beside + right).hexdigest()


def test_the_page_of_the_format_is_enough_to_write_another_verifier(desk: Desk) -> None:
    written(desk)
    desk.says("ledger", "checkpoint")
    for number in range(9):
        desk.write(f"stop, for the {number}th time")
    desk.says("proof", f"email:{WHO.value}", "--out", "p.zip")
    assert independent(opened(desk.folder / "p.zip")) == 13


SLOW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(data=st.data())
def test_any_altered_byte_of_a_bundle_is_found_and_where(whole: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(whole) - 1))
    spoilt = bytearray(whole)
    spoilt[place] ^= data.draw(st.integers(1, 255))
    report = verify(bytes(spoilt))
    assert not report.ok
    assert report.findings
    files = {name: (whole.find(content), len(content)) for name, content in unpack(whole).items()}
    inside = [name for name, (start, size) in files.items() if start <= place < start + size and size > 2]
    for name in inside:
        assert any(each.where.startswith(name) for each in report.findings) or name == bundle.SIGNATURE, report


def test_every_bit_of_every_entry_is_found_at_its_entry(whole: bytes) -> None:
    files = unpack(whole)
    lines = files[bundle.ENTRIES].decode().splitlines()
    for number, sequence in enumerate((1, 3, 4, 5)):
        changed = [line.replace('"FR-01"', '"DE-01"') if place == number else line for place, line in enumerate(lines)]
        report = verify(pack(files | {bundle.ENTRIES: ("\n".join(changed) + "\n").encode()}))
        wheres = [each.where for each in report.findings]
        assert f"ledger.jsonl, entry {sequence}" in wheres
        assert not any(f"entry {other}" in where for other in {1, 3, 4, 5} - {sequence} for where in wheres)


def test_whoever_owns_the_key_of_the_manifest_alone_changes_nothing_unseen(whole: bytes) -> None:
    """Signed anew as if the controller lied: what the entries and checkpoints name still has to fit."""
    signer, files = Signer(b"k" * 64), unpack(whole)
    told = json.loads(files.pop(bundle.MANIFEST))
    files.pop(bundle.SIGNATURE)
    said = {name: told[name] for name in ("made_at", "controller", "party", "scope", "checkpoint", "entries")}
    assert verify(make(files, said, signer)).ok
    message = next(name for name in files if name.endswith(".eml") and name.startswith("messages/"))
    for change, where in (
        ({message: files[message] + b"x"}, message),
        ({bundle.ENTRIES: b"\n".join(files[bundle.ENTRIES].split(b"\n")[1:])}, bundle.ENTRIES),
        ({bundle.PATHS: b""}, "ledger.jsonl, entry 1"),
        ({bundle.PATHS: files[bundle.PATHS].replace(b'"index": 0', b'"index": 1')}, "ledger.jsonl, entry 1"),
        ({bundle.CHECKPOINTS: files[bundle.CHECKPOINTS].replace(b'"sequence":5', b'"sequence":4')},
         "checkpoints.jsonl, line 1"),
    ):
        found = verify(make(files | change, said, signer))
        assert where in [each.where for each in found.findings], change.keys()
    other = make(files, said, Signer(b"o" * 64))
    assert not verify(other).ok, "another key cannot sign for this one"


@SLOW
@given(st.binary(max_size=400))
def test_what_is_no_bundle_is_never_whole_and_never_raises(junk: bytes) -> None:
    assert not verify(junk).ok
    assert not verify(b"PK\3\4" + junk).ok


@SLOW
@given(st.dictionaries(st.sampled_from(["manifest.json", "manifest.sig", "public-key.pem", "ledger.jsonl",
                                        "inclusion.jsonl", "checkpoints.jsonl", "messages/a.eml"]),
                       st.sampled_from([b"", b"{}", b"[]", b"null\n", b'{"files":[]}', b'{"sequence":1}\n', b"\xff"])))
def test_odd_files_are_findings(files: dict[str, bytes]) -> None:
    assert not verify(pack(files)).ok
