"""A proof bundle: files that anybody can check without the store (`docs/proof.md`). No database, no secret to verify.

What is checked: the manifest's signature; each file against the manifest; each entry's hash; its path up to a signed
checkpoint; the chain of checkpoints; each message against the hash in the entry; the bytes of the zip itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storage.chain import GENESIS, entry_hash
from storage.export import decode, decode_witness
from storage.merkle import root_of_path
from storage.pack import pack, unpack
from storage.records import LedgerEntry, SignedCheckpoint
from storage.signing import Signer, digest_of, key_id, of_pem, signed_by

FORMAT, VERSION = "consentry-proof", 1
MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public-key.pem"
ENTRIES, PATHS, CHECKPOINTS, MESSAGES = "ledger.jsonl", "inclusion.jsonl", "checkpoints.jsonl", "messages/"
CONTEXT = b"consentry proof manifest\n"  # what is signed begins with it: no checkpoint can pass for a manifest
ODD = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, binascii.Error)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where: a file of the bundle, an entry in it, or the zip itself."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class BundleReport:
    """`findings` is empty when every byte is as it was made. `unsigned`: entries that no checkpoint covers."""

    ok: bool
    findings: tuple[Finding, ...]
    entries: int = 0
    messages: int = 0
    unsigned: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()  # entries whose message is not in the bundle
    newest: int = 0  # the last entry that is signed
    key_id: str | None = None
    made_at: str | None = None


def make(files: Mapping[str, bytes], told: Mapping[str, Any], signer: Signer) -> bytes:
    """The zip. `told` is what the manifest says beside the files and the key."""
    every = dict(files)
    manifest = json.dumps({
        "format": FORMAT, "version": VERSION, "key_id": signer.key_id, **told,
        "files": {name: {"sha256": _sha256(every[name]), "size": len(every[name])} for name in sorted(every)},
    }, indent=1, ensure_ascii=False).encode("utf-8", "replace")
    every[MANIFEST] = manifest
    every[SIGNATURE] = base64.b64encode(signer.sign(CONTEXT + manifest)) + b"\n"
    return pack(every)


def verify(data: bytes, key: str | None = None) -> BundleReport:
    """Everything that is wrong with a bundle. `key`: the id of the key that must have signed, as it was published."""
    try:
        files = unpack(data)
    except ValueError as error:
        return BundleReport(False, (Finding("the zip", str(error)),))
    check = _Check(files)
    findings = [*check.manifest(key), *check.files(), *check.checkpoints(), *check.entries()]
    if not findings and pack(files) != data:
        findings = [Finding("the zip", f"byte {_first_difference(pack(files), data)} is not as it was packed; "
                                       "the files in it are whole")]
    return BundleReport(not findings, tuple(findings), len(check.found), len(check.messages), tuple(check.unsigned),
                        tuple(check.missing), check.newest, check.key_id, check.made_at)


class _Check:
    """One bundle, file by file; what is found wrong in one does not keep the others from being looked at."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._told: Mapping[str, Any] = {}
        self._signed: dict[int, tuple[SignedCheckpoint, int]] = {}  # by sequence, with that of the one before
        self._paths: dict[int, Mapping[str, Any]] = {}
        self.found: list[LedgerEntry] = []
        self.messages = {name.removeprefix(MESSAGES).partition(".")[0] for name in files
                         if name.startswith(MESSAGES) and not name.endswith(".json")}
        self.unsigned: list[int] = []
        self.missing: list[int] = []
        self.newest, self.made_at = 0, ""
        self.key_id: str | None = None

    def manifest(self, key: str | None) -> Iterator[Finding]:
        """Who signed it."""
        try:
            public_key = of_pem(self._files[PUBLIC_KEY])
            self.key_id = key_id(public_key)
        except ODD:
            yield Finding(PUBLIC_KEY, "it is missing, or is no Ed25519 key")
            public_key = b""
        if key is not None and public_key and key != self.key_id:
            yield Finding(PUBLIC_KEY, f"it is the key {self.key_id}, not the one that was published")
        raw = self._files.get(MANIFEST, b"")
        signature = self._files.get(SIGNATURE, b"")
        if not _signature_fits(public_key, signature, CONTEXT + raw):
            yield Finding(MANIFEST, "its signature does not fit: it, the signature or the key was changed")
        try:
            self._told = json.loads(raw)
            self.made_at = str(self._told["made_at"])
            if (self._told["format"], self._told["version"], self._told["key_id"]) != (FORMAT, VERSION, self.key_id):
                yield Finding(MANIFEST, "it is of another format or version, or names another key")
        except ODD:
            self._told = {}
            yield Finding(MANIFEST, "it cannot be read")

    def files(self) -> Iterator[Finding]:
        """Each against the manifest."""
        listed = self._told.get("files", {})
        for name in sorted({*self._files, *listed} - {MANIFEST, SIGNATURE}):
            if name not in self._files:
                yield Finding(name, "the manifest lists it and it is not there")
            elif not isinstance(listed.get(name), dict):
                yield Finding(name, "the manifest does not list it")
            elif listed[name].get("sha256") != _sha256(self._files[name]):
                yield Finding(name, "it was changed: its hash is not the manifest's")
        for digest in sorted(self.messages):
            name = next(each for each in self._files if each.startswith(f"{MESSAGES}{digest}.")
                        and not each.endswith(".json"))
            if _sha256(self._files[name]) != digest:
                yield Finding(name, "it was changed: its hash is not the one in its name, which the entries name")

    def checkpoints(self) -> Iterator[Finding]:
        """Each signed, each after the one before."""
        before: SignedCheckpoint | None = None
        for number, line in _lines(self._files.get(CHECKPOINTS, b"")):
            where = f"{CHECKPOINTS}, line {number}"
            try:
                witness = decode_witness(line)
            except ValueError as error:
                yield Finding(where, f"it is no checkpoint as it was exported: {error}")
                return
            made = witness.checkpoint
            fault = witness.fault()
            if fault is None and made.key_id != self.key_id:
                fault = "it is signed with another key than the manifest"
            if fault is None and made.previous != digest_of(before):
                fault = "it does not follow the one before: one was removed, or made later"
            if fault is not None:
                yield Finding(where, fault)
                return
            self._signed[made.sequence] = (made, before.sequence if before else 0)
            before = made
        self.newest = before.sequence if before else 0

    def entries(self) -> Iterator[Finding]:
        """Each by itself, up to its checkpoint, and down to its message."""
        yield from self._read_paths()
        before: LedgerEntry | None = None
        for number, line in _lines(self._files.get(ENTRIES, b"")):
            try:
                entry = decode(line)
            except ValueError as error:
                yield Finding(f"{ENTRIES}, line {number}", f"it is no entry as it was exported: {error}")
                continue
            self.found.append(entry)
            fault = _fault(entry, before) or self._not_included(entry)
            if fault is not None:
                yield Finding(f"{ENTRIES}, entry {entry.sequence}", fault)
            if entry.event.source_hash not in self.messages and entry.event.source_hash != GENESIS:
                self.missing.append(entry.sequence)
            before = entry
        told = [(each.sequence, each.hash) for each in self.found]
        if told != [(each.get("sequence"), each.get("hash")) for each in self._listed()]:
            yield Finding(ENTRIES, "the entries are not those that the manifest lists")

    def _listed(self) -> list[Mapping[str, Any]]:
        listed = self._told.get("entries", [])
        return [each if isinstance(each, dict) else {} for each in listed] if isinstance(listed, list) else []

    def _read_paths(self) -> Iterator[Finding]:
        for number, line in _lines(self._files.get(PATHS, b"")):
            try:
                told = json.loads(line)
                self._paths[told["sequence"]] = told
            except ODD:
                yield Finding(f"{PATHS}, line {number}", "it cannot be read")

    def _not_included(self, entry: LedgerEntry) -> str | None:
        """None when its path leads to the root that was signed, or when nothing says that it is signed."""
        told = self._paths.get(entry.sequence)
        if told is None:
            if entry.sequence <= self.newest:
                return "it is older than the newest checkpoint, and nothing shows that it was signed"
            self.unsigned.append(entry.sequence)
            return None
        try:
            signed, before = self._signed[told["checkpoint"]]
            place, size = entry.sequence - before - 1, signed.sequence - before
            if (told["index"], told["size"]) != (place, size):
                return "its place among what was signed is not where its number puts it"
            if root_of_path(entry.hash, place, size, told["path"]) != signed.root:
                return "its path does not lead to what was signed"
        except ODD:
            return "its path cannot be read, or leads to no checkpoint that is here"
        return None


def _fault(entry: LedgerEntry, before: LedgerEntry | None) -> str | None:
    derived = entry_hash(entry.sequence, entry.id, entry.event, entry.sealed, entry.recorded_at, entry.previous_hash,
                         entry.schema_version)
    if derived != entry.hash:
        return "it was changed after it was written"
    if before is not None and before.sequence >= entry.sequence:
        return "it is not in its place"
    if before is not None and before.sequence + 1 == entry.sequence and before.hash != entry.previous_hash:
        return "its link to the entry before is broken"
    return None


def _signature_fits(public_key: bytes, signature: bytes, said: bytes) -> bool:
    """Exactly the one line that `make` writes: other characters could decode to the same."""
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except ODD:
        return False
    return base64.b64encode(raw) + b"\n" == signature and signed_by(public_key, raw, said)


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    text = data.decode("ascii", "replace")
    yield from enumerate(text.split("\n")[:-1] if text.endswith("\n") else text.split("\n") if text else [], 1)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _first_difference(one: bytes, other: bytes) -> int:
    return next((place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
                min(len(one), len(other)))
