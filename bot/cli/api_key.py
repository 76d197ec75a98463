"""`consentry api-key`: makes a key for the API. The token is shown once; the settings hold only its SHA-256."""

from __future__ import annotations

import json
import re
from typing import Annotated

import typer

from bot.errors import OperatorError
from bot.settings import NAME
from bot.web.api.keys import Scope, new_token

app = typer.Typer(no_args_is_help=True, help="Keys for the API.")


@app.callback()
def keys() -> None:
    """Keys for the API."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Who it is for; acknowledgements are recorded under it.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; default: permissions.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show a token, once, and print the lines for the settings. Nothing is stored: what is lost is made anew."""
    if not re.fullmatch(NAME, name):
        raise OperatorError("A name has letters, digits, dots, dashes and underscores, as in crm or esp-2.")
    scopes = [str(each) for each in dict.fromkeys(scope or [Scope.PERMISSIONS])]
    token, digest = new_token()
    if as_json:
        typer.echo(json.dumps({"name": name, "token": token, "sha256": digest, "scopes": scopes}))
        return
    typer.echo(f"The token, for whoever uses the API; it is not shown again:\n\n{token}\n\n"
               "Add these lines to consentry.toml, and start `consentry run` again:\n", err=True)
    typer.echo(f'[[api_keys]]\nname = "{name}"\nsha256 = "{digest}"\nscopes = {json.dumps(scopes)}')
