"""`consentry ledger`: check the proof, sign it, take it elsewhere. Verifying and exporting only read."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.checkpoints import checkpoint as sign
from bot.cli.common import DEFAULT, Config, opened
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.settings import load
from storage.export import decode_witness, encode, encode_witness, read
from storage.records import LedgerEntry
from storage.signing import Signer, Witness, pem
from storage.verify import Checkpoint, Unreadable, VerifyReport, every, verify_ledger, witnessed
from storage.verify import verify as verify_chain

app = typer.Typer(no_args_is_help=True, help="Check the proof, sign it, take it elsewhere.")
HEX = frozenset("0123456789abcdef")
TAIL = ("Keep this checkpoint elsewhere: that the newest entries were cut off shows only against one "
        "(--checkpoint).")


def progress(sequence: int) -> None:
    """How far it is, on a terminal; a pipe is spared."""
    if sys.stderr.isatty():
        typer.echo(f"\r{sequence:,} entries", err=True, nl=False)


def is_hash(text: str) -> bool:
    """64 hexadecimal digits in lower case."""
    return len(text) == 64 and HEX.issuperset(text)


def checkpoint_of(text: str | None) -> Checkpoint | None:
    """What `verify` printed once (number, colon, hash), or the newest signed one of a file. Raises OperatorError."""
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if number.isascii() and number.isdigit() and is_hash(digest):
        return Checkpoint(int(number), digest)
    path = Path(text)
    if not path.is_file():
        raise OperatorError("A checkpoint is a number, a colon and 64 hexadecimal digits, as `consentry ledger verify` "
                            "prints it, or a file that `consentry ledger checkpoint --out` wrote.")
    try:
        found = [decode_witness(line) for line in path.read_text("ascii").splitlines()]
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path} holds no signed checkpoint: {error}.") from error
    fault = next(filter(None, (each.fault() for each in found)), None if found else "it is empty")
    if fault:
        raise OperatorError(f"{path} proves nothing: {fault}.")
    newest = max((each.checkpoint for each in found), key=lambda each: each.sequence)
    return Checkpoint(newest.sequence, newest.hash)


@app.command()
def verify(
    config: Config = DEFAULT,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="An export, instead of the store.")] = None,
    checkpoint: Annotated[str | None, typer.Option(
        help="NUMBER:HASH, as verify printed it before, or a file of signed checkpoints.")] = None,
    key: Annotated[str | None, typer.Option(help="The id of the key that must have signed, as published.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Re-derive every hash and check every signature, and what the store says now against what the ledger says.

    Exit status 1 when one differs. `consentry proof --verify FILE.zip` does the same for a proof bundle.
    """
    kept = checkpoint_of(checkpoint)
    if key is not None and not is_hash(key):
        raise OperatorError("--key is 64 hexadecimal digits, as `consentry ledger key` prints them.")
    report = with_key(from_file(file, kept) if file is not None else from_store(config, kept), key)
    if sys.stderr.isatty():
        typer.echo("\r", err=True, nl=False)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report) | {"source": "export" if file else "store"}))
    elif report.ok:
        typer.echo(in_words(report, "export" if file else "store"))
    else:
        typer.echo(f"Broken at entry {report.first_bad}: {report.reason}. "
                   f"The {report.head.sequence if report.head else 0} entries before were verified.", err=True)
    if not report.ok:
        raise typer.Exit(1)


def with_key(report: VerifyReport, key: str | None) -> VerifyReport:
    """Not ok when another key signed, or none."""
    if not report.ok or key in (None, report.key_id):
        return report
    return dataclasses.replace(report, ok=False, first_bad=1, reason=(
        "another key signed it" if report.key_id else "nothing of it is signed"))


def in_words(report: VerifyReport, source: str) -> str:
    """What was checked, and what was not."""
    more = "" if source == "export" else "; the current states are those the ledger derives"
    if report.head is None or not report.head.sequence:
        return f"{report.count} entries, nothing to verify."
    signed = (f"{report.checkpoints} checkpoints verified, signed up to entry {report.signed} with the key "
              f"{report.key_id}.\n" if report.key_id else "No checkpoint is signed: `consentry ledger checkpoint`.\n")
    return (f"{report.count} entries, every one verified{more}.\n{signed}"
            f"Checkpoint {report.head.sequence}:{report.head.hash}\n{TAIL}")


def from_store(config: Path, kept: Checkpoint | None) -> VerifyReport:
    """The chain, the checkpoints and the projection, from one snapshot."""
    with opened(config, read_only=True) as store, store.reader() as uow:
        return verify_ledger(uow.ledger, kept, progress, uow.checkpoints)


def from_file(file: Path, kept: Checkpoint | None) -> VerifyReport:
    """The chain and the checkpoints, from the export alone: no store, no settings, no secret."""
    try:
        with file.open(encoding="ascii", errors="replace", newline="\n") as lines:
            return verify_chain(read(lines), kept, progress)
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from error


@app.command()
def export(config: Config = DEFAULT) -> None:
    """Each entry and signed checkpoint as a line of JSON, for `ledger verify --file`; personal data stays sealed."""
    with opened(config, read_only=True) as store, store.reader() as uow:
        try:
            for each in witnessed(every(uow.ledger), uow.checkpoints):
                sys.stdout.write((encode(each) if isinstance(each, LedgerEntry) else encode_witness(each)) + "\n")
        except Unreadable as error:
            raise OperatorError(f"The export stops before entry {error.sequence}: {error}. "
                                "See `consentry ledger verify`.") from error


@app.command()
def checkpoint(
    config: Config = DEFAULT,
    out: Annotated[Path | None, typer.Option(help="Write it here, to publish it.")] = None,
) -> None:
    """Verify what is new in the ledger and sign it, if anything is; the newest checkpoint as a line of JSON."""
    with opened(config) as store:
        try:
            made = sign(store.reader, store.unit_of_work, system_clock)
        except Unreadable as error:
            raise OperatorError(f"Nothing was signed: entry {error.sequence} does not verify ({error}). "
                                "See `consentry ledger verify`.") from error
        with store.reader() as uow:
            newest, public_key = uow.checkpoints.newest(), uow.checkpoints.public_key
    if newest is None:
        raise OperatorError("The ledger is empty: there is nothing to sign.")
    typer.echo(f"{'Signed' if made else 'Nothing is new: the newest checkpoint is'} up to entry {newest.sequence}.",
               err=True)
    line = encode_witness(Witness(newest, public_key))
    if out is None:
        typer.echo(line)
        return
    try:
        out.write_text(line + "\n", "ascii")
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error.strerror}.") from error


@app.command()
def key(config: Config = DEFAULT) -> None:
    """The public key that signs checkpoints and proof bundles, and its id: publish both."""
    signer = Signer(load(config).key)
    typer.echo(f"{pem(signer.public_key)}Key {signer.key_id}")
