"""A delivery status notification (RFC 3464)."""

import re

from bot.messages import CheckContext, Fact, InboundMessage, ReportKind, RuleHit

FACT = Fact.BOUNCE
OTHER = re.compile(r"5\.(?:2\.2|2\.3|3\.4|6\.\d+|7\.\d+)\b")  # full, too large, content, policy (RFC 3463): it works


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Hard when every recipient named has failed for good because of the address itself; everything else is soft.

    A list behind an address may report one dead member: the address itself still works.
    """
    report = message.report
    if report is None or report.kind is not ReportKind.DELIVERY:
        return None
    named = report.recipients or (report.fields,)
    failed = all(each.get("action", "").lower() == "failed" and _dead(each.get("status", "")) for each in named)
    status, kind = named[0].get("status", ""), "hard" if failed else "soft"
    return RuleHit(FACT, f"{kind} bounce, status {status[:12]} (RFC 3464)", {"class": kind, "status": status})


def _dead(status: str) -> bool:
    return status.startswith("5.") and not OTHER.match(status)
