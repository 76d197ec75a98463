"""`consentry init`: a settings file and a secret, and never over existing ones."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import OperatorError

TEXT = """\
secret_file = "consentry.key"  # keep a copy elsewhere: without it sealed data cannot be read

[controller]
name = {name}
contact = {address}

[mail]
address = {address}

[lmtp]
enabled = true
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path(),
    name: Annotated[str, typer.Option(help="Your organisation.")] = "Example",
    address: Annotated[str, typer.Option(help="Your privacy address.")] = "privacy@example.org",
) -> None:
    """Write consentry.toml and consentry.key."""
    config, key = folder / "consentry.toml", folder / "consentry.key"
    for path in (config, key):
        if path.exists():
            raise OperatorError(f"{path} exists already: move it away first.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        config.write_text(TEXT.format(name=json.dumps(name), address=json.dumps(address)), "utf-8")
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written ({error.strerror}): choose another folder.") from error
    typer.echo(f"Wrote {config} and {key}: correct the first, keep the second safe.")
