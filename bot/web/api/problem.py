"""What went wrong, as application/problem+json (RFC 9457). Never repeats what was sent: it may be personal data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.log import redact

MOST = 20  # mistakes told of one request


class Problem(Exception):
    """Ends a request. `detail` is a sentence that says what to do, without personal data."""

    def __init__(self, status: HTTPStatus, detail: str | None = None, headers: Mapping[str, str] | None = None,
                 mistakes: list[dict[str, str]] | None = None) -> None:
        """Without a detail, the status says it all."""
        super().__init__(detail or status.phrase)
        self.status, self.detail, self.headers, self.mistakes = status, detail, headers, mistakes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with it."""
        body: dict[str, object] = {"type": "about:blank", "title": self.status.phrase, "status": int(self.status)}
        if self.detail:
            body["detail"] = self.detail
        if self.mistakes:
            body["errors"] = self.mistakes
        response = Response(json.dumps(body), self.status, dict(self.headers or {}), "application/problem+json")
        await response(scope, receive, send)


def unprocessable(error: ValidationError) -> Problem:
    """Which fields are wrong and why; the values are not repeated, and unknown names are redacted."""
    told = [{"field": ".".join(redact(str(part))[:80] for part in each["loc"]),
             "message": each["msg"].removeprefix("Value error, ")}
            for each in error.errors(include_url=False, include_input=False, include_context=False)[:MOST]]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Correct the fields named in errors.", mistakes=told)
