"""A robot wrote it (RFC 3834); `Auto-Submitted: no` is a person."""

import re

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.AUTO_SUBMITTED
ROBOTS = ("mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply")
READ = 500  # characters of a field: a token is short, a hostile field is endless
ANSWER, ROBOT = {"kind": "answer"}, {"kind": "robot"}


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Auto-Submitted, Precedence, a machine's report, robot senders and the null reverse-path.

    `kind`: "answer" for what answers a mail by itself (an out-of-office says many things), "robot" for the rest.
    """
    tokens = [_token(value) for value in message.headers.all("Auto-Submitted")]
    said = next((token for token in tokens if token not in ("", "no")), None)
    if said is not None:
        return RuleHit(FACT, f"Auto-Submitted: {said[:40]} (RFC 3834)", ANSWER if said == "auto-replied" else ROBOT)
    given = {_token(value) for name in ("Precedence", "X-Precedence") for value in message.headers.all(name)}
    if "auto_reply" in given:
        return RuleHit(FACT, "Precedence: auto_reply", ANSWER)
    if message.report is not None or _token(message.headers.get("Content-Type") or "") == "multipart/report":
        return RuleHit(FACT, "a machine's report (RFC 6522)", ANSWER)
    if given & {"bulk", "junk"}:
        return RuleHit(FACT, "Precedence: bulk or junk", ROBOT)
    local = message.sender.value.rpartition("@")[0] if message.sender else ""
    if local in ROBOTS:
        return RuleHit(FACT, "the sender is a robot's address", ROBOT)
    if message.envelope.mail_from == "" or (message.headers.get("Return-Path") or "").strip() == "<>":
        return RuleHit(FACT, "null reverse-path (RFC 5321 4.5.5)", ROBOT)
    return None


def _token(value: str) -> str:
    """Lower case, without comments, which nest, and parameters (RFC 3834 5)."""
    text, before = value[:READ], ""
    while text != before:
        text, before = re.sub(r"\([^()]*\)", " ", text), text
    return text.partition(";")[0].strip().lower()
