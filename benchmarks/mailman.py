"""The peer: GNU Mailman 3.3 doing the same work, a member who leaves by mail and gets a goodbye."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.load import wait_for_port
from bot.channels.lmtp import free_port

LIST, LEAVE = "bench@lists.test", "bench-leave@lists.test"
CONFIG = """\
[mailman]
layout: here
site_owner: owner@lists.test
[paths.here]
var_dir: {folder}/var
[mta]
incoming: mailman.mta.null.NullMTA
smtp_host: 127.0.0.1
smtp_port: {smtp}
lmtp_host: 127.0.0.1
lmtp_port: {lmtp}
[webservice]
hostname: 127.0.0.1
port: {web}
"""
SETUP = """\
import sys
from mailman.core.initialize import initialize
initialize(sys.argv[1])
from zope.component import getUtility
from mailman.app.lifecycle import create_list
from mailman.database.transaction import transaction
from mailman.interfaces.action import Action
from mailman.interfaces.archiver import ArchivePolicy
from mailman.interfaces.domain import IDomainManager
from mailman.interfaces.mailinglist import SubscriptionPolicy
from mailman.interfaces.member import MemberRole
from mailman.interfaces.usermanager import IUserManager
from mailman.utilities.datetime import now
with transaction():
    getUtility(IDomainManager).add("lists.test")
    shown = create_list("bench@lists.test", owners=["owner@lists.test"])
    shown.unsubscription_policy = SubscriptionPolicy.open
    shown.send_welcome_message, shown.send_goodbye_message = False, True
    shown.admin_notify_mchanges = shown.digests_enabled = False
    shown.default_nonmember_action = shown.default_member_action = Action.accept
    shown.archive_policy = ArchivePolicy.never
    for line in sys.stdin:  # the leave command needs a user record, not only an address
        address = list(getUtility(IUserManager).create_user(line.strip(), "Member").addresses)[0]
        address.verified_on = now()
        shown.subscribe(address, MemberRole.member)
"""


def installed(folder: Path) -> Path:
    """The virtual environment with Mailman in it, made when it is missing; returns its bin folder."""
    if not (folder / "bin" / "mailman").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "mailman>=3.3.10,<3.4"], check=True)
    return folder / "bin"


def processes(config: Path) -> list[psutil.Process]:
    """Its master and runners."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(config) in (process.info["cmdline"] or ()) and process.pid != os.getpid():
            found.append(process)
    return found


@contextmanager
def running(binaries: Path, folder: Path, smtp_port: int, members: list[str]) -> Iterator[tuple[int, Path]]:
    """A Mailman with these members on one list; gives its LMTP port and its settings file."""
    config, port = folder / "mailman.cfg", free_port("127.0.0.1")
    config.write_text(CONFIG.format(folder=folder, smtp=smtp_port, lmtp=port, web=free_port("127.0.0.1")))
    with (folder / "log").open("wb") as log:
        subprocess.run([binaries / "python", "-c", SETUP, config], input="\n".join(members).encode(), stdout=log,
                       stderr=log, check=True)
        control = [binaries / "mailman", "-C", config, "--run-as-root"]
        subprocess.run([*control, "start"], stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=True)
        try:
            wait_for_port(port)
            yield port, config
        finally:
            subprocess.run([*control, "stop"], stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False)
            limit = time.monotonic() + 60
            while processes(config) and time.monotonic() < limit:
                time.sleep(0.1)
            for left in processes(config):
                sys.stderr.write(f"Mailman process {left.pid} did not stop: ending it\n")
                left.kill()
