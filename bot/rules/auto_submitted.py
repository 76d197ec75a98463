"""A robot wrote it (RFC 3834); `Auto-Submitted: no` is a person."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.AUTO_SUBMITTED
ROBOTS = ("mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply")


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Auto-Submitted, Precedence: auto_reply, robot senders and the null reverse-path."""
    value = (message.headers.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    if value != "no":
        return RuleHit(FACT, f"Auto-Submitted: {value[:40]} (RFC 3834)", {"kind": value})
    given = (*message.headers.all("Precedence"), *message.headers.all("X-Precedence"))
    if "auto_reply" in (each.strip().lower() for each in given):
        return RuleHit(FACT, "Precedence: auto_reply", {"kind": "auto_reply"})
    local = message.sender.value.rpartition("@")[0] if message.sender else ""
    if local in ROBOTS:
        return RuleHit(FACT, "the sender is a robot's address", {"kind": "robot"})
    if message.envelope.mail_from == "" or (message.headers.get("Return-Path") or "").strip() == "<>":
        return RuleHit(FACT, "null reverse-path (RFC 5321 4.5.5)", {"kind": "robot"})
    return None
