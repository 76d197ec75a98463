"""A STOP by mail reaches those who have the data, also after kill -9; and the verbs for it."""

import csv
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import new_id, system_clock
from bot.errors import OperatorError
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    Party,
)
from storage.store import Store, open_store
from tests.harness.bot import Bot, Sink, deliver, end, wait_until
from tests.servers.receiver import SECRET, Receiver

CLI = CliRunner()


def stop_from(*names: str) -> dict[str, bytes]:
    return {f"{name}@people.example": f"From: {name}@people.example\r\nTo: privacy@shop.example\r\n"
                                      f"Message-ID: <{name}@people.example>\r\nSubject: s\r\n\r\nSTOP\r\n".encode()
            for name in names}


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def hook(receiver: Receiver, name: str = "crm", handles: str = "true") -> str:
    return (f'\n[[webhooks]]\nname = "{name}"\nurl = "{receiver.url}"\nsecret = "whsec_{SECRET}"\n'
            f"allow_private = true\nhandles = {handles}\n")


def key() -> tuple[str, str]:
    made = json.loads(CLI.invoke(app, ["api-key", "new", "crm", "--scope", "permissions", "--scope", "changes",
                                       "--json"]).stdout)
    lines = f'\n[[api_keys]]\nname = "crm"\nsha256 = "{made["sha256"]}"\nscopes = {json.dumps(made["scopes"])}\n'
    return made["token"], lines


def address(bot: Bot) -> str:
    wait_until(lambda: "The API is on http://" in bot.log.read_text())
    found = re.search(r"http://[\d.]+:\d+", bot.log.read_text())
    assert found
    return found.group()


def told(receiver: Receiver) -> set[str]:
    return {handle["value"] for got in receiver.got for handle in got.told["data"]["handles"]}


def test_a_stop_is_told_signed_and_acknowledged_and_the_api_says_no(
        tmp_path: Path, sink: Sink, receiver: Receiver) -> None:
    token, lines = key()
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port, http=True, more=lines + hook(receiver))
    process = bot.start()
    try:
        base = address(bot)
        wait_until(lambda: begun(bot.url))
        deliver(bot.lmtp, stop_from("anne"), threading.Event())
        assert receiver.wait(lambda got: bool(got))
        receiver.got[0].verify()
        assert told(receiver) == {"anne@people.example"}
        data = receiver.got[0].told["data"]
        client = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"})
        with client:
            answer = client.get("/api/v1/permissions", params={"purpose": "newsletter", "channel": "email"},
                                headers={"Consentry-Handle": "email:anne@people.example"})
            assert answer.json()["allowed"] is False
            assert answer.json()["party"] == data["party"]
            assert client.get("/api/v1/changes").json()["changes"][0]["sequence"] == data["sequence"]
        wait_until(lambda: json.loads(run(bot, "webhooks", "list", "--json"))["acknowledged"] == 1)
        shown = run(bot, "webhooks", "acknowledgements", data["party"])
        assert "crm" in shown
        assert "not yet" not in shown
        assert "1 acknowledged, 0 waiting" in run(bot, "webhooks", "list")
    finally:
        assert end(process) == 0
    log = bot.log.read_text()
    assert "anne" not in log
    assert token not in log


def begun(url: str, name: str = "crm") -> bool:
    """The recipient is known: what comes from now on is told."""
    store = opened(url)
    try:
        with store.reader() as uow:
            return uow.deliveries.cursor(name) is not None
    finally:
        store.close()


def opened(url: str) -> Store:
    return open_store(url, secret=b"k" * 64, clock=system_clock, new_id=new_id)


def run(bot: Bot, *words: str) -> str:
    result = CLI.invoke(app, [*words, "-c", str(bot.config)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_kill_9_while_telling_loses_nothing_and_repeats_the_id(
        tmp_path: Path, sink: Sink, receiver: Receiver) -> None:
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port, more=hook(receiver))
    names = [f"p{number}" for number in range(6)]
    calm = bot.start()
    wait_until(lambda: "Ready" in bot.log.read_text())
    wait_until(lambda: begun(bot.url))
    end(calm, kill=True)
    dying = bot.start("run", "while_telling:3")
    stop = threading.Event()
    feeder = threading.Thread(target=deliver, args=(bot.lmtp, stop_from(*names), stop))
    feeder.start()
    assert dying.wait(60) == 9
    process = bot.start()
    try:
        assert receiver.wait(lambda got: len({each.headers["webhook-id"] for each in got}) == len(names), 60)
    finally:
        stop.set()
        feeder.join()
        assert end(process) == 0
    order = [got.sequence for got in receiver.got]
    assert list(dict.fromkeys(order)) == sorted(set(order)), "in order, whatever came twice"
    ids = {(got.sequence, got.headers["webhook-id"]) for got in receiver.got}
    assert len(ids) == len(names)
    assert told(receiver) == {f"{name}@people.example" for name in names}


def test_workers_on_postgresql_tell_what_others_received(
        tmp_path: Path, sink: Sink, receiver: Receiver, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE recipients")
    url = postgres_url.replace("/postgres?", "/recipients?")
    bot = Bot(tmp_path, url, sink.port, mode="distributed", more=hook(receiver))
    processes = [bot.start(verb) for verb in ("run", "worker", "worker")]
    try:
        wait_until(lambda: "Ready" in bot.log.read_text())
        wait_until(lambda: begun(url))
        deliver(bot.lmtp, stop_from("anne", "bob", "cleo"), threading.Event())
        assert receiver.wait(lambda got: len(got) >= 3, 60)
    finally:
        for process in processes:
            end(process)
    assert [got.sequence for got in receiver.got] == [1, 2, 3], "once each, though two workers look"


@pytest.fixture
def bot(tmp_path: Path, receiver: Receiver) -> Bot:
    return Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", 1, more=hook(receiver))


def append(store: Store, party: str, status: ConsentStatus, handle: Handle) -> None:
    with store.unit_of_work() as uow:
        uow.parties.add(Party(party, Capacity.CONSUMER, country="FR"), handle)
        tag = EventTag.GRANT if status.valid else EventTag.WITHDRAW
        uow.ledger.append(ConsentEvent(tag, party, Capacity.CONSUMER, "newsletter", "email", ConsentStatus.UNKNOWN,
                                       status, system_clock(), "person", "FR-01", "row", "0" * 64))
        uow.commit()


def mail(name: str) -> Handle:
    return Handle(ChannelKind.EMAIL, f"{name}@people.example")


def migrated(bot: Bot) -> Store:
    store = opened(bot.url)
    store.migrate()
    return store


def test_the_verbs_say_where_a_recipient_stands_and_start_it_again(bot: Bot, receiver: Receiver) -> None:
    store = migrated(bot)
    assert "never told anything" in run(bot, "webhooks", "list")
    assert "answered 204" in run(bot, "webhooks", "test", "crm")
    receiver.got[0].verify()
    assert receiver.got[0].told["type"] == "webhook.test"
    receiver.answer = lambda got: 500
    failed = CLI.invoke(app, ["webhooks", "test", "crm", "-c", str(bot.config)])
    assert failed.exit_code == 1
    assert "HTTP 500" in failed.output
    with pytest.raises(OperatorError, match="called esp in the settings; there are: crm"):
        CLI.invoke(app, ["webhooks", "test", "esp", "-c", str(bot.config)], catch_exceptions=False)
    with pytest.raises(OperatorError, match="Nothing was given up"):
        CLI.invoke(app, ["webhooks", "replay", "crm", "-c", str(bot.config)], catch_exceptions=False)
    append(store, "anna", ConsentStatus.WITHDRAWN, mail("anna"))
    assert "would be told again of what came after 0: up to 1" in run(
        bot, "webhooks", "replay", "crm", "--after", "0", "--dry-run")
    with store.reader() as uow:
        assert uow.deliveries.cursor("crm") is None
    run(bot, "webhooks", "replay", "crm", "--after", "0")
    assert json.loads(run(bot, "webhooks", "list", "--json"))["behind"] == 1
    with pytest.raises(OperatorError, match="newest entry is 1"):
        CLI.invoke(app, ["webhooks", "replay", "crm", "--after", "9", "-c", str(bot.config)], catch_exceptions=False)
    assert "No recipient" in run(bot, "webhooks", "acknowledgements", "anna")
    store.close()


def exported(bot: Bot, out: Path, *words: str) -> tuple[list[list[str]], str]:
    said = CLI.invoke(app, ["suppression", "export", str(out), "-c", str(bot.config), *words])
    assert said.exit_code == 0, (said.output, said.exception)
    return list(csv.reader(out.read_text().splitlines())), said.stderr


def test_the_list_for_esps_has_who_may_not_be_written_to_sorted_and_says_what_it_lacks(
        bot: Bot, tmp_path: Path) -> None:
    store, out = migrated(bot), tmp_path / "list.csv"
    append(store, "yes", ConsentStatus.GIVEN, mail("yes"))
    for name in ("zoe", "anna"):
        append(store, name, ConsentStatus.WITHDRAWN, mail(name))
    with store.unit_of_work() as uow:
        uow.suppression.add(mail("erased"), "stop", system_clock(), channel=ALL, purpose=ALL)
        uow.suppression.add(mail("anna"), "stop", system_clock(), channel=ALL, purpose=ALL)
        uow.commit()
    rows, said = exported(bot, out)
    assert [row[0] for row in rows] == ["handle", "anna@people.example", "zoe@people.example"]
    assert "2 of 3 handles on file" in said
    assert "1 of the suppression list" in said
    assert "erased" in said
    assert out.stat().st_mode & 0o077 == 0
    plain = sorted(hashlib.sha256(f"{name}@people.example".encode()).hexdigest() for name in ("anna", "zoe"))
    rows, said = exported(bot, out, "--hash", "sha256")
    assert [row[0] for row in rows[1:]] == plain
    assert "hides nothing" in said
    shared = tmp_path / "shared.key"
    shared.write_bytes(b"x" * 32 + b"\n")
    rows, _ = exported(bot, out, "--hash", "hmac", "--shared-key-file", str(shared))
    assert hmac.new(b"x" * 32, b"zoe@people.example", hashlib.sha256).hexdigest() in {row[0] for row in rows}
    run(bot, "suppression", "export", str(out), "--format", "jsonl", "--hash", "md5")
    assert {json.loads(line)["handle"] for line in out.read_text().splitlines()} == {
        hashlib.md5(f"{name}@people.example".encode()).hexdigest() for name in ("anna", "zoe")}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".list")] == []
    store.close()


@pytest.mark.parametrize(("words", "said"), [
    (["--hash", "hmac"], "go together"), (["--shared-key-file", "x"], "go together"),
    (["--hash", "hmac", "--shared-key-file", "nowhere"], "cannot be read")])
def test_a_list_that_cannot_be_made_is_a_sentence(bot: Bot, tmp_path: Path, words: list[str], said: str) -> None:
    migrated(bot).close()
    with pytest.raises(OperatorError, match=said):
        CLI.invoke(app, ["suppression", "export", str(tmp_path / "x"), "-c", str(bot.config), *words],
                   catch_exceptions=False)
    with pytest.raises(OperatorError, match="cannot be written"):
        CLI.invoke(app, ["suppression", "export", str(tmp_path / "no" / "x"), "-c", str(bot.config)],
                   catch_exceptions=False)


def test_a_key_is_shown_once_and_only_its_hash_is_for_the_settings() -> None:
    result = CLI.invoke(app, ["api-key", "new", "esp-2", "--scope", "changes", "--scope", "handles"])
    token = next(line for line in result.stderr.splitlines() if line.startswith("consentry_"))
    assert token not in result.stdout
    assert f'sha256 = "{hashlib.sha256(token.encode()).hexdigest()}"' in result.stdout
    assert 'scopes = ["changes", "handles"]' in result.stdout
    assert len(token) >= 43
    with pytest.raises(OperatorError, match="letters, digits"):
        CLI.invoke(app, ["api-key", "new", "a b"], catch_exceptions=False)
    assert CLI.invoke(app, ["api-key", "new", "x", "--scope", "everything"]).exit_code == 2
