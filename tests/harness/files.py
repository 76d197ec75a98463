"""Files to be imported, and a store to import them into."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from click.testing import Result
from typer.testing import CliRunner

from bot.bootstrap import open_storage
from bot.cli import app
from bot.settings import load
from storage.records import ConsentState, Handle, Party
from storage.store import Store

SETTINGS = """\
secret = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
[controller]
name = "Shop"
contact = "privacy@shop.example"
[mail]
address = "privacy@shop.example"
[storage]
url = "{url}"
[purposes]
newsletter = ["newsletter"]
offers = ["offers"]
"""
MAPPING = """\
capacity = "consumer"
date_format = "%d/%m/%Y"
[columns]
email = "email"
phone = "phone"
language = "language"
[[claim]]
purpose = "newsletter"
channel = "email"
status = "optin"
date = "date"
method = "method"
proof = "proof"
always = { notice = "I would like to receive the newsletter." }
"""
COLUMNS = ("email", "phone", "language", "optin", "date", "method", "proof")


class Desk:
    """A folder with settings and a mapping, and the command line."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self.config = folder, folder / "consentry.toml"
        self.config.write_text(SETTINGS.format(url=url or f"sqlite:///{folder}/s.sqlite3"))
        self.mapping = folder / "mapping.toml"
        self.mapping.write_text(MAPPING)

    def run(self, *words: str, given: str = "") -> Result:
        return CliRunner().invoke(app, [*words, "-c", str(self.config)], input=given)

    def csv(self, *rows: str, name: str = "c.csv", header: str = ",".join(COLUMNS)) -> Path:
        path = self.folder / name
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        return path

    def contacts(self, path: Path, *words: str) -> dict[str, object]:
        """The report of an import that is not asked about."""
        result = self.run("import", "contacts", str(path), "-m", str(self.mapping), "--yes", "--json", *words)
        assert result.exit_code == 0, result.output or result.exception
        read: dict[str, object] = json.loads(result.output)
        return read

    def fails(self, *words: str) -> str:
        """The sentence."""
        result = self.run(*words)
        assert result.exit_code != 0
        return str(result.exception) if result.exception else result.output

    def store(self) -> Store:
        return open_storage(load(self.config))

    def of(self, handle: Handle) -> list[tuple[Party, dict[tuple[str, str], ConsentState]]]:
        """The files of a handle with their states."""
        store = self.store()
        try:
            with store.reader() as uow:
                return [(party, {(state.purpose, state.channel): state for state in uow.ledger.states(party.id)})
                        for party in uow.parties.by_handle(handle)]
        finally:
            store.close()


def xlsx(path: Path, rows: Sequence[Sequence[str]], *, shared: bool = True, extra: str = "") -> Path:
    """A workbook as spreadsheets write it: shared strings, or inline ones."""
    cells, texts = [], []
    for number, row in enumerate(rows, 1):
        made = []
        for place, value in enumerate(row):
            reference = f"{chr(65 + place)}{number}"
            if shared:
                made.append(f'<c r="{reference}" t="s"><v>{len(texts)}</v></c>')
                texts.append(f"<si><t>{escape(value)}</t></si>")
            else:
                made.append(f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        cells.append(f'<row r="{number}">{"".join(made)}</row>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/_rels/workbook.xml.rels",
                      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>')
        book.writestr("xl/workbook.xml", '<workbook xmlns:r="r"><sheets><sheet name="Contacts" r:id="rId1"/></sheets>'
                                         "</workbook>")
        book.writestr("xl/sharedStrings.xml", f"<sst>{''.join(texts)}</sst>")
        book.writestr("xl/worksheets/sheet1.xml",
                      f"{extra}<worksheet><sheetData>{''.join(cells)}</sheetData></worksheet>")
    return path
