"""A spam complaint by a mailbox provider (RFC 5965)."""

from bot.messages import CheckContext, Fact, InboundMessage, ReportKind, RuleHit

FACT = Fact.COMPLAINT


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Every feedback type but not-spam."""
    report = message.report
    if report is None or report.kind is not ReportKind.FEEDBACK:
        return None
    kind = report.fields.get("feedback-type", "abuse").lower()
    return None if kind == "not-spam" else RuleHit(FACT, f"feedback report: {kind[:20]} (RFC 5965)", {"type": kind})
