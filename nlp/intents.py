"""What a person can want (the closed set of labels), and nothing about what is done with it."""

from enum import StrEnum


class Intent(StrEnum):
    """Multi-label; what the person asks in their own fresh text."""

    UNSUBSCRIBE = "unsubscribe"  # stop sending or calling (GDPR 21(2)); a bare STOP
    WITHDRAW = "withdraw"  # explicitly takes back a consent given earlier (7(3))
    ACCESS = "access"  # 15
    ERASURE = "erasure"  # 17
    RECTIFICATION = "rectification"  # 16
    PORTABILITY = "portability"  # 20
    RESTRICTION = "restriction"  # 18
    OBJECTION = "objection"  # 21(1), 22: profiling, sharing, tracking
    GRANT = "grant"  # a yes to a re-consent request
    REFUSE = "refuse"  # a no to a re-consent request
    SUBSCRIBE = "subscribe"  # unprompted wish to receive
    AUTO_REPLY = "auto_reply"
    OTHER = "other"
