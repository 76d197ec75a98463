"""A spam complaint by a mailbox provider (RFC 5965)."""

from bot.messages import CheckContext, Fact, InboundMessage, ReportKind, RuleHit

FACT = Fact.COMPLAINT
NOBODYS = frozenset({"not-spam", "auth-failure"})  # a complaint taken back (RFC 6430), a failed check (RFC 6591)


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Every feedback type by which a person complains; one we do not know is one of them (RFC 5965 3.1, "other")."""
    report = message.report
    if report is None or report.kind is not ReportKind.FEEDBACK:
        return None
    kind = report.fields.get("feedback-type", "abuse").partition(";")[0].strip().lower()
    return None if kind in NOBODYS else RuleHit(FACT, f"feedback report: {kind[:20]} (RFC 5965)", {"type": kind})
