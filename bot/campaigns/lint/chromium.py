"""Looks as Chromium computes them, at the width of a phone and of a window: headless, without network, nothing kept.

The message lies in a sandboxed frame, so that its scripts do not run, under a policy that loads nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html as escaping
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.campaigns.lint import colour
from bot.campaigns.lint.model import RGB, Look, Node

SCREENS = (360, 700)  # pixels
SECONDS = 40
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
POLICY = "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src data:"
RESULT = re.compile(r"\s*(?:<!DOCTYPE html>)?\s*<html>measured:([A-Za-z0-9+/=]*):</html>\s*", re.I)  # and nothing else:
# a page that was not measured still holds the message, which might say so itself
SCRIPT = Path(__file__).parent / "measure.js"
QUIET = ("--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
         "--disable-sync", "--disable-component-update", "--no-default-browser-check", "--mute-audio",
         "--proxy-server=http://127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=800,1000",
         "--hide-scrollbars", "--force-device-scale-factor=1")


def program() -> str | None:
    """Where Chromium is, or None."""
    return next((found for name in NAMES if (found := shutil.which(name)) is not None), None)


def measured(html: str, browser: str) -> dict[int, Sequence[Node]] | None:
    """The nodes of a message by the width of the screen, or None when the browser cannot tell."""
    with tempfile.TemporaryDirectory(prefix="consentry-lint-") as folder:
        page = Path(folder) / "page.html"
        page.write_text(_page(html), "utf-8")
        root = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses to run as root with its own sandbox
        command = [browser, *QUIET, *root, f"--user-data-dir={folder}/profile", "--dump-dom", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False,  # noqa: S603
                                  env={"PATH": os.environ.get("PATH", ""), "HOME": folder, "TMPDIR": folder})
        except (OSError, subprocess.TimeoutExpired):
            return None
    found = RESULT.fullmatch(done.stdout.decode("utf-8", "replace"))
    try:
        told = json.loads(base64.b64decode(found[1])) if found else None
        return {width: _nodes(told[str(width)]) for width in SCREENS} if told else None
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error):
        return None


def _page(html: str) -> str:
    """The page around the message; the message is an attribute, so that nothing in it is part of the page."""
    script = SCRIPT.read_text("utf-8")
    policy = POLICY.format(hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode())
    return (f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<body><iframe id="message" sandbox="allow-same-origin" srcdoc="{escaping.escape(html)}"></iframe>'
            f"<script>{script}</script>")


def _nodes(told: list[dict[str, Any]]) -> tuple[Node, ...]:
    made: list[Node] = []
    for each in told:
        above = made[each["p"]].look if each["p"] >= 0 else Look()
        if each["t"] == "#text":
            made.append(Node("#text", each["p"], text=str(each["x"]), look=above))
        else:
            made.append(Node(str(each["t"]), each["p"], {str(k): str(v) for k, v in each["a"].items()},
                             look=_look(each["s"], above)))
    return tuple(made)


def _look(style: dict[str, Any], above: Look) -> Look:
    background = _background(style, above.background)
    ink = colour.parse(style["colour"]) or ((0.0, 0.0, 0.0), 1.0)
    opacity = ink[1] * float(style["opacity"])
    return Look(
        font=float(style["font"]), weight=int(float(style["weight"])), background=background,
        colour=colour.over(ink[0], opacity, background) if background is not None else ink[0],
        padding=(float(style["across"]), float(style["down"])), width=float(style["width"]),
        height=float(style["height"]), bottom=float(style["bottom"]), shown=above.shown and bool(style["shown"]),
        capitals=style["transform"] == "uppercase")


def _background(style: dict[str, Any], behind: RGB | None) -> RGB | None:
    if style["image"]:
        return None
    painted = colour.parse(style["fill"]) or ((0.0, 0.0, 0.0), 0.0)
    if painted[1] >= 1:
        return painted[0]
    return colour.over(*painted, behind) if behind is not None else None
