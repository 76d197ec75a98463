"""`consentry proof`: what proves one person's consents, in one file that anybody can check."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.checkpoints import checkpoint
from bot.cli.common import DEFAULT, Config, opened
from bot.cli.ledger import is_hash
from bot.cli.party import party_named, said
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.settings import Settings, load
from storage import bundle
from storage.store import Store
from storage.verify import Unreadable


def proof(
    party: Annotated[str | None, typer.Argument(
        help="A party's id, or email:ADDRESS; - asks, or reads it from standard input.")] = None,
    config: Config = DEFAULT,
    consent: Annotated[str | None, typer.Option(help="This consent only: PURPOSE/CHANNEL.")] = None,
    out: Annotated[Path | None, typer.Option(help="The zip; default: proof-ID.zip here.")] = None,
    language: Annotated[str, typer.Option(help="Of the page, fr or en; default: your first language.")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Sign no checkpoint first: the newest entries may not "
                                                                "be signed yet, and the proof says so.")] = False,
    verify: Annotated[Path | None, typer.Option(help="Check this zip: no store or secret is needed.")] = None,
    key: Annotated[str | None, typer.Option(help="With --verify: the id of the key that was published.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Everything that proves a person's consents, as a zip with a page to read; or check such a zip."""
    if verify is not None:
        check(verify, key, as_json=as_json)
        return
    if party is None:
        raise OperatorError("Say of whom: a party's id, or email:ADDRESS. To check a zip: --verify FILE.")
    settings = load(config)
    with opened(config, read_only=read_only) as store:
        if not read_only:
            sign(store)
        report, path = write(party, consent, out, language or settings.controller.languages[0], settings, store)
    if as_json:
        typer.echo(json.dumps({"file": str(path)} | dataclasses.asdict(report)))
        return
    typer.echo(f"{path}: {report.entries} entries, {report.messages} messages; open proof.html in it.")
    if report.unsigned:
        typer.echo(f"Not signed yet: {len(report.unsigned)} entries. Without --read-only they would be.", err=True)
    typer.echo(f"Key {report.key_id}\nIt holds personal data: send it to those only who may have it.")


def sign(store: Store) -> None:
    """A checkpoint over what is new. Raises OperatorError when that does not verify: what is broken proves nothing."""
    try:
        checkpoint(store.reader, store.unit_of_work, system_clock)
    except Unreadable as error:
        raise OperatorError(f"The ledger does not verify at entry {error.sequence} ({error}), so it proves nothing: "
                            "see `consentry ledger verify`. --read-only makes the file all the same.") from error


def write(party: str, consent: str | None, out: Path | None, language: str, settings: Settings,
          store: Store) -> tuple[bundle.BundleReport, Path]:
    """Gather, check what was made, and put it there for its owner's eyes only. Raises OperatorError."""
    from bot.proof.files import bundle as made  # templates and the reader of mails: `--help` need not wait
    from bot.proof.gather import Scope, gather

    if language not in ("fr", "en"):
        raise OperatorError(f"The page is written in fr and en, not in {language}.")
    purpose, _, channel = (consent or "").partition("/")
    if consent is not None and not (purpose and channel):
        raise OperatorError("--consent is a purpose, a slash and a channel: newsletter/email.")
    name = said(party)
    with store.reader() as uow:
        party_id = party_named(name, uow)
        found = gather(party_id, Scope(purpose, channel) if consent else None, uow, system_clock())
    data, path = made(found, settings, language), out or Path(f"proof-{party_id[:8]}.zip")
    report = bundle.verify(data)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise OperatorError(f"{path} exists already: name another file with --out.") from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
    return report, path


def check(path: Path, key: str | None, *, as_json: bool) -> None:
    """Say whether every byte is as it was made, or where one is not; exit status 1 then. Raises OperatorError."""
    if key is not None and not is_hash(key):
        raise OperatorError("--key is 64 hexadecimal digits, as `consentry ledger key` prints them.")
    try:
        report = bundle.verify(path.read_bytes(), key)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report)))
    else:
        for each in report.findings:
            typer.echo(f"{each.where}: {each.reason}.", err=True)
        if report.ok:
            typer.echo(in_words(report, key))
    if not report.ok:
        sys.exit(1)


def in_words(report: bundle.BundleReport, key: str | None) -> str:
    """What was checked, and what was not."""
    said = [f"Whole: {report.entries} entries and {report.messages} messages, as they were made at {report.made_at}.",
            f"Signed up to entry {report.newest}." if report.newest else "No checkpoint is in it."]
    if report.unsigned:
        said.append(f"Not signed yet: entries {', '.join(map(str, report.unsigned))}.")
    if report.missing:
        said.append(f"Without their message: entries {', '.join(map(str, report.missing))}; the manifest says why.")
    said.append(f"Key {report.key_id}" + ("" if key else "\nCompare it with the key that the organisation published, "
                                          "or give that with --key."))
    return "\n".join(said)
