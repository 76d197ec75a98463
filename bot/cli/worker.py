"""`consentry worker`: one of several processes, on any machine, that decide and deliver what others receive."""

import os
import socket
from typing import Annotated

import typer

from bot import log
from bot.bootstrap import work
from bot.cli.common import DEFAULT, Config
from bot.settings import load


def worker(config: Config = DEFAULT,
           name: Annotated[str | None, typer.Option(help="How it is called in the job tables.")] = None) -> None:
    """Decide and deliver over PostgreSQL until Ctrl-C; start as many as you like."""
    log.configure()
    work(load(config), name or f"{socket.gethostname()}-{os.getpid()}")
