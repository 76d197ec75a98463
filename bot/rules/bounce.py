"""A delivery status notification (RFC 3464)."""

from bot.messages import CheckContext, Fact, InboundMessage, ReportKind, RuleHit

FACT = Fact.BOUNCE


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Hard when Action is failed and Status is 5.x.x; everything else is soft."""
    report = message.report
    if report is None or report.kind is not ReportKind.DELIVERY:
        return None
    action, status = report.fields.get("action", "").lower(), report.fields.get("status", "")
    kind = "hard" if action == "failed" and status.startswith("5") else "soft"
    return RuleHit(FACT, f"{kind} bounce, status {status[:12]} (RFC 3464)", {"class": kind, "status": status})
