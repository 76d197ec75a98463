"""DP03: no takes no more steps than yes: same kind of address, no login, no reason asked (GDPR 7(3); Caloga)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Control, Finding, Rendered

ID = "DP03"
STEPS = {"https": 1, "http": 1, "": 1, "mailto": 2, "sms": 2, "tel": 3}
NOWHERE = 9
HURDLES = ("login", "signin", "sign-in", "log-in", "account", "compte", "konto", "cuenta", "preferences", "survey")


def check(message: Rendered) -> Iterator[Finding]:
    """Compare where both lead, and what is asked before a no."""
    for pair in message.choices:
        if pair.no is None:
            continue
        if pair.yes is not None:
            yes, no = _steps(pair.yes), _steps(pair.no)
            if no > yes:
                yield Finding(ID, "no_longer", pair.where, values={"yes": str(yes), "no": str(no)})
            elif yes == no == 1 and _host(pair.yes) != _host(pair.no):
                yield Finding(ID, "other_site", pair.where)
        if _hurdle(pair.no) and not (pair.yes is not None and _hurdle(pair.yes)):
            yield Finding(ID, "hurdle", pair.where)
    for kind in ("login", "reason_wanted"):
        for name, text in message.parts:
            found = words.find(text, message.context.language, kind)
            if found:
                yield Finding(ID, kind, f"{name}: {found!r}")


def _split(control: Control) -> tuple[str, str, str]:
    try:
        parts = urlsplit(control.href)
        return parts.scheme.lower(), (parts.hostname or "").lower(), parts.path.lower()
    except ValueError:
        return "invalid", "", ""


def _steps(control: Control) -> int:
    """Clicks until the answer is given or its page is open."""
    if control.kind == "box":
        return 1
    if control.href in ("", "#") and not (control.kind == "button" and control.method == "post"):
        return NOWHERE
    return STEPS.get(_split(control)[0], NOWHERE)


def _host(control: Control) -> str:
    return _split(control)[1]


def _hurdle(control: Control) -> bool:
    return any(part in HURDLES for part in _split(control)[2].replace(".", "/").split("/"))
