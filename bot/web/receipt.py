"""A person's receipt by the signed link of a confirmation: free, without an account (C. conso. R223-2)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.answer import RECEIPT
from bot.clock import Clock
from bot.receipts import issue
from bot.receipts.issue import as_text
from bot.receipts.kantara import kantara
from bot.receipts.page import page
from bot.receipts.record import File, receipt
from bot.settings import Settings
from bot.tokens import Tokens
from storage.unit_of_work import UnitOfWorkFactory
from templates import LANGUAGES, words

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
           "X-Content-Type-Options": "nosniff",
           "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
                                      "base-uri 'none'; form-action 'none'"}
GONE = "".join(f"{words(language)['gone']}\n" for language in LANGUAGES)


def routes(settings: Settings, store: UnitOfWorkFactory, tokens: Tokens, clock: Clock) -> list[Route]:
    """`store` gives units that only read. The answer to a stranger is the same whatever is wrong with the link."""

    def found(request: Request) -> File | None:
        party_id = tokens.verify(request.path_params["token"], RECEIPT)
        if party_id is None:
            return None
        with store() as uow:
            return issue.file_of(party_id, uow)

    def shown(request: Request) -> Response:
        file = found(request)
        if file is None:
            return PlainTextResponse(GONE, 404, PRIVATE)
        asked = (each.strip()[:2].lower() for each in request.headers.get("accept-language", "").split(","))
        wanted = next((each for each in asked if each in LANGUAGES), settings.controller.languages[0])
        base = f"{settings.http.public_url or ''}/receipt/{request.path_params['token']}"
        links = {"jsonld": f"{base}/record.jsonld", "kantara": f"{base}/kantara.json"}
        return HTMLResponse(page(file, settings, wanted, clock(), links), headers=PRIVATE)

    def as_record(request: Request) -> Response:
        file, now = found(request), clock()
        if file is None:
            return PlainTextResponse(GONE, 404, PRIVATE)
        made = receipt(file, issue.facts_of(settings), receipt_id=issue.receipt_id(file, now), at=now)
        return Response(as_text(made), media_type="application/ld+json", headers=PRIVATE)

    def as_kantara(request: Request) -> Response:
        file, now = found(request), clock()
        if file is None:
            return PlainTextResponse(GONE, 404, PRIVATE)
        made = kantara(file, issue.facts_of(settings), receipt_id=issue.receipt_id(file, now), at=now)
        return Response(as_text(made), media_type="application/json", headers=PRIVATE)

    return [Route("/receipt/{token}", shown), Route("/receipt/{token}/record.jsonld", as_record),
            Route("/receipt/{token}/kantara.json", as_kantara)]
