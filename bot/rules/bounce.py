"""A delivery status notification (RFC 3464)."""

from bot.messages import CheckContext, Fact, InboundMessage, ReportKind, RuleHit

FACT = Fact.BOUNCE


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Hard when Action is failed and Status is 5.x.x for every recipient named; everything else is soft.

    A list behind an address may report one dead member: the address itself still works.
    """
    report = message.report
    if report is None or report.kind is not ReportKind.DELIVERY:
        return None
    named = report.recipients or (report.fields,)
    failed = all(each.get("action", "").lower() == "failed" and each.get("status", "")[:1] == "5" for each in named)
    status, kind = named[0].get("status", ""), "hard" if failed else "soft"
    return RuleHit(FACT, f"{kind} bounce, status {status[:12]} (RFC 3464)", {"class": kind, "status": status})
