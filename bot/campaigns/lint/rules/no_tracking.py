"""DP13: no promotion, nothing loaded from elsewhere, and links that carry an opaque token only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Node, Rendered

ID = "DP13"
LOADS = ("src", "srcset", "background", "poster", "data", "ping", "lowsrc", "dynsrc")
OWN = ("cid:", "data:image/")
TOKEN = re.compile(r"[A-Za-z0-9_\-.~=]{16,200}")
WORD = re.compile(r"[A-Za-z][A-Za-z-]{0,39}(?:\.html?)?")
CSS_LOADS = re.compile(r"url\(\s*['\"]?\s*(?!['\"]?(?:cid:|data:image/))[^)]|@import|image-set\(", re.I)
PRICE = re.compile(r"(?:[€$£]|\bEUR) ?\d|\d ?(?:[€$£]|EUR\b|zł)")
LINK = re.compile(r"https?://[^\s<>\"')]{1,2000}", re.I)


def check(message: Rendered) -> Iterator[Finding]:
    """Promotion, then everything that loads, then every link of the HTML and of the text."""
    found = words.find(message.everything, message.context.language, "promotion")
    if found:
        yield Finding(ID, "promotion", repr(found))
    if price := PRICE.search(message.everything[:words.MAX]):
        yield Finding(ID, "promotion", repr(price[0]))
    for node in message.nodes:
        if (loaded := _loaded(node)) is not None:
            yield Finding(ID, "remote", loaded[:80])
        elif node.tag == "img" and _pixel(node):
            yield Finding(ID, "pixel", "<img>")
    links = [control.href for control in message.controls if control.href]
    for href in dict.fromkeys((*links, *LINK.findall(message.text[:words.MAX]))):
        if not opaque(href):
            yield Finding(ID, "link", href[:80])


def _loaded(node: Node) -> str | None:
    """What this element makes a client fetch, or None."""
    if node.tag in ("iframe", "embed", "object", "video", "audio", "frame") or (
            node.tag == "link" and node.attrs.get("rel", "").lower() not in ("", "canonical")):
        return f"<{node.tag}>"
    for name in LOADS:
        value = node.attrs.get(name, "").strip()
        if value and not value.lower().startswith(OWN):
            return f"<{node.tag} {name}> {value}"
    return f"<{node.tag} style>" if CSS_LOADS.search(node.attrs.get("style", "")) or (
        CSS_LOADS.search(node.text) and "{" in node.text) else None


def _pixel(node: Node) -> bool:
    return not node.look.shown or any(node.attrs.get(name, "").strip() in ("0", "1", "0px", "1px")
                                      for name in ("width", "height"))


def opaque(href: str) -> bool:
    """Plain words and at most a token in path and query; an address or a number of the person is neither."""
    try:
        url = urlsplit(href)
        pairs = parse_qsl(url.query, keep_blank_values=True)
        user = url.username
    except ValueError:
        return False
    if url.scheme in ("mailto", "sms"):
        return all(name.lower() in ("subject", "body") for name, _ in pairs)
    if url.scheme not in ("http", "https") or user is not None or "@" in unquote(url.path + url.query + url.fragment):
        return False
    plain = [part for part in (*url.path.split("/"), url.fragment) if part]
    return len(pairs) <= 1 and all(TOKEN.fullmatch(value) for _, value in pairs) and all(
        WORD.fullmatch(part) or TOKEN.fullmatch(part) for part in plain)
