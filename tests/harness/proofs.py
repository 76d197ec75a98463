"""A store with settings, what people write to it, and the command line before it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bot.bootstrap import open_storage, reviewing
from bot.cli import app
from bot.clock import new_id, system_clock
from bot.errors import OperatorError
from bot.intake import accept
from bot.pipeline import process_next
from bot.settings import load
from nlp.intents import Intent
from nlp.understanding import Context, Scope, Understanding
from storage.records import ChannelKind, Handle, InboxStatus, OutboxStatus, Party
from tests.contract.conftest import emptied

PROVEN = "Authentication-Results: mx.example; dmarc=pass header.from=example.org\r\n"
WHO = Handle(ChannelKind.EMAIL, "anna.okonjo@example.org")
SETTINGS = """\
secret = "{secret}"
[controller]
name = "Shop <b>&</b> Sons"
contact = "privacy@shop.example"
languages = ["en", "fr"]
[mail]
address = "privacy@shop.example"
authserv_ids = ["mx.example"]
[storage]
url = "{url}"
[purposes]
newsletter = ["newsletter"]
"""


def reads(*intents: Intent, sure: bool = True) -> Callable[[str, Context], Understanding]:
    def understand(text: str, context: Context) -> Understanding:
        return Understanding(intents, 0.99 if sure else 0.4, {}, Scope(), "en", model_version="tiny-1",
                             abstained=None if sure else "unusual wording")
    return understand


class Desk:
    """One store. Every verb is run as its user would."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.config = folder, folder / "consentry.toml"
        self.config.write_text(SETTINGS.format(secret="k" * 64, url=url), "utf-8")
        emptied(url).close()
        self.settings = load(self.config)
        self.store = open_storage(self.settings)

    def write(self, text: str = "Leave me be", *intents: Intent, fields: str = PROVEN, who: str = WHO.value,
              sure: bool = True, sent: bool = True) -> str:
        """One mail down the line; the id of its item. `sent`: what we answered has left."""
        name = who.partition("@")[0].partition(".")[0].title()
        raw = (f"{fields}From: {name} <{who}>\r\nTo: privacy@shop.example\r\nSubject: For {who}\r\n"
               f"Message-ID: <{new_id()}.{who}>\r\n\r\n{text}\r\n")
        accept(raw.encode(), channel=ChannelKind.EMAIL, source="t", external_id=f"<{new_id()}.{who}>",
               envelope={"mail_from": who.upper(), "rcpt_to": ["privacy@shop.example"]},
               store=self.store.unit_of_work, clock=system_clock, new_id=new_id)
        process_next(replace(reviewing(self.settings, self.store), understand=reads(
            *(intents or (Intent.UNSUBSCRIBE,)), sure=sure)))
        with self.store.unit_of_work() as uow:
            for item in uow.outbox.list():
                if sent and item.status is OutboxStatus.QUEUED:
                    uow.outbox.mark(item.id, OutboxStatus.SENT)
            found = uow.inbox.list(list(InboxStatus), 1)[0].id
            uow.commit()
        return found

    def run(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, [*words, "-c", str(self.config)], input=typed)

    def says(self, *words: str, typed: str | None = None) -> str:
        said = self.run(*words, typed=typed)
        assert said.exit_code == 0, said.exception or said.output
        return " ".join(said.output.split())

    def told(self, *words: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.run(*words, "--json").stdout)
        return read

    def refused(self, *words: str) -> str:
        said = self.run(*words)
        assert isinstance(said.exception, OperatorError), said.output
        return str(said.exception)

    def party(self, who: Handle = WHO) -> Party:
        with self.store.reader() as uow:
            return uow.parties.by_handle(who)[0]

    def close(self) -> None:
        self.store.close()
