"""What a reviewer says that a message wants, as an `Understanding`: only its scope and language are still read."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.intents import Intent
from nlp.language import language
from nlp.scope import ScopeReader
from nlp.understanding import STAFF, Context, Understanding


def told(text: str, context: Context, intents: Sequence[Intent]) -> Understanding:
    """Certain, without flags: whoever says it has read the whole message. No model is asked.

    It abstains from one thing: a yes whose limits cannot be read, for a yes is never guessed.
    """
    body = text if text.strip() else context.subject
    tongue = language(body, context.language_hint)
    scope = ScopeReader().read(body, tongue, context.purposes, intents)
    doubt = scope.doubt if Intent.GRANT in intents else None
    return Understanding(tuple(intents), 1.0, dict.fromkeys(intents, 1.0), scope.scope, tongue, scope.spans,
                         abstained=doubt, method=STAFF)
