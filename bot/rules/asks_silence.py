"""It asks for no answer, or looks like a robot by a vendor's mark: a hint, so what it says still counts."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.ASKS_SILENCE
MARKS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-FC-MachineGenerated")


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """X-Auto-Response-Suppress other than none, vendor marks, Delivered-To: autoresponder. Stops the answer only."""
    suppress = (message.headers.get("X-Auto-Response-Suppress") or "none").strip().lower()
    if suppress != "none":
        return RuleHit(FACT, "X-Auto-Response-Suppress asks for no answer")
    mark = next((name for name in MARKS if message.headers.get(name)), None)
    if mark:
        return RuleHit(FACT, f"{mark} is set")
    if any(value.strip().lower() == "autoresponder" for value in message.headers.all("Delivered-To")):
        return RuleHit(FACT, "Delivered-To: autoresponder")
    return None
