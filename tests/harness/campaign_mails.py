"""A re-consent mail that passes every rule, to be spoilt in one way at a time."""

from __future__ import annotations

from bot.campaigns.lint import lint
from bot.campaigns.lint.model import Context, Finding, Rendered, Severity
from bot.campaigns.lint.read import rendered

SUBJECT = "Acme: do you still want to receive our e-mails?"
BUTTON = "display:block;padding:12px;background-color:#eeeeee;color:#111111;font-size:16px;font-weight:400"
BEFORE = ("Acme is writing to you because we can no longer prove that you agreed. No answer means no, and we will not "
          "ask again.")
AFTER = ("Where your address comes from: your order of 2021. A yes lasts 3 years. You can change your mind at any "
         "time: reply STOP to any of our messages.")
LABEL = "The newsletter, by e-mail, once a month at most."
YES, NO = "Yes, I want to receive it", "No, I do not want it"
TOKEN = "Qk3vZ8r1Wm5pXt7yB2"
PAGE = f"https://acme.example/a/{TOKEN}"


def button(text: str, *, style: str = BUTTON, href: str = PAGE, more: str = "") -> str:
    return f'<a href="{href}" style="{style}" {more}>{text}</a>'


def row(yes: str, no: str, label: str = LABEL) -> str:
    return (f'<div><p>{label}</p><table width="100%"><tr><td width="50%">{yes}</td><td width="50%">{no}</td></tr>'
            "</table></div>")


def mail(*, yes: str = button(YES), no: str = button(NO), rows: str = "", before: str = BEFORE, after: str = AFTER,
         more: str = "", lang: str = "en") -> str:
    return (f'<html lang="{lang}"><body style="color:#111111"><p>{before}</p>{rows or row(yes, no)}<p>{after}</p>'
            f'<p><a href="https://acme.example/privacy">Privacy notice</a></p>{more}</body></html>')


def read(html: str, *, subject: str = SUBJECT, text: str = "", context: Context | None = None) -> Rendered:
    return rendered(context or Context(), subject=subject, html=html, text=text)


def findings(html: str, *, subject: str = SUBJECT, text: str = "", context: Context | None = None) -> list[Finding]:
    return lint(read(html, subject=subject, text=text, context=context))


def failing(found: list[Finding]) -> set[str]:
    """`DP02.font_differs` and so on, of those that refuse."""
    return {f"{each.rule}.{each.reason}" for each in found if each.severity is Severity.FAIL}


def noted(found: list[Finding]) -> set[str]:
    return {f"{each.rule}.{each.reason}" for each in found if each.severity is Severity.NOTE}
