"""The API as an ASGI application: find the operation, check the key, read what was sent, answer.

Kept bare, for the question "may I contact X?" is asked before every message: no middleware, no routing table but this.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from bot.log import get
from bot.web.api import calls, changes, permissions, suppression
from bot.web.api.handles import FIELD
from bot.web.api.keys import authorised
from bot.web.api.models import Model
from bot.web.api.openapi import document, page
from bot.web.api.operation import Call, Desk, Operation
from bot.web.api.problem import Problem, unprocessable
from storage.errors import StorageError

OPERATIONS = (*permissions.OPERATIONS, *changes.OPERATIONS, *calls.OPERATIONS, *suppression.OPERATIONS)
MOST_BYTES = 4 * 1024 * 1024  # of a body: ten thousand questions have some two million
SECONDS = 30  # to send a body
MOST_FIELDS = 20
DOCUMENT, PAGE = "/api/v1/openapi.json", "/api"
_JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_FIELD = FIELD.lower().encode()


def routes(desk: Desk) -> list[BaseRoute]:
    """What `bot.web.app.create` mounts."""
    return [Mount("/api", Api(desk))]


class Api:
    """Serves what is under /api."""

    def __init__(self, desk: Desk) -> None:
        """Describes itself once."""
        self._desk = desk
        self._document, self._page = document(OPERATIONS), page(OPERATIONS)
        self._found = {(each.method, each.path): each for each in OPERATIONS if "{" not in each.path}
        self._patterns = [(_pattern(each.path), each) for each in OPERATIONS if "{" in each.path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; whatever happens, the answer tells nothing that was sent."""
        if scope["type"] != "http":
            return
        try:
            if scope["method"] == "GET" and scope["path"] in (DOCUMENT, PAGE, PAGE + "/"):
                shown = JSONResponse(self._document) if scope["path"] == DOCUMENT else HTMLResponse(
                    self._page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})
                await shown(scope, receive, send)
                return
            await _answer(await self._ask(scope, receive), send)
        except Problem as problem:
            await problem(scope, receive, send)
        except ValidationError as error:
            await unprocessable(error)(scope, receive, send)
        except StorageError:
            get().exception("api_store")
            away = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store cannot be reached: try again.")
            await away(scope, receive, send)
        except Exception:
            get().exception("api_failed")
            await Problem(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send)

    async def _ask(self, scope: Scope, receive: Receive) -> Model:
        operation, named = self._operation(scope["method"], scope["path"])
        sent = dict(scope["headers"])
        key = authorised(sent.get(b"authorization"), self._desk.keys, operation.scope)
        query = _query(operation, scope["query_string"])
        body = await _body(operation, sent, receive)
        call = Call(self._desk, key, query, body, named, sent.get(_FIELD) if operation.takes_handle else None)
        if operation.run_async is not None:
            return await operation.run_async(call)
        assert operation.run is not None  # noqa: S101 - a test looks at every operation
        if operation.quick and self._desk.quick:
            return operation.run(call)
        return await run_in_threadpool(operation.run, call)

    def _operation(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """Raises Problem 404 or 405."""
        found = self._found.get((method, path))
        if found is not None:
            return found, {}
        allowed = [each.method for each in OPERATIONS if each.path == path]
        for pattern, operation in self._patterns:
            match = pattern.fullmatch(path)
            if match and operation.method == method:
                return operation, match.groupdict()
            allowed += [operation.method] if match else []
        if allowed:
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(allowed)})
        raise Problem(HTTPStatus.NOT_FOUND)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile("".join(f"(?P<{part}>[^/:]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def _query(operation: Operation, raw: bytes) -> Model | None:
    """Raises Problem and ValidationError. What the operation does not know is refused: it may be a handle."""
    if operation.query is None:
        if raw:
            raise Problem(HTTPStatus.BAD_REQUEST, "This takes no query.")
        return None
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw),
                          max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "The query is not well-formed.") from None
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Problem(HTTPStatus.BAD_REQUEST, "A name stands twice in the query.")
    if "handle" in values:
        raise Problem(HTTPStatus.BAD_REQUEST, f"A handle is never put in a URL: send it in the {FIELD} field.")
    return operation.query.model_validate(values)


async def _body(operation: Operation, sent: Mapping[bytes, bytes], receive: Receive) -> Model | None:
    """Raises Problem and ValidationError."""
    declared = sent.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if operation.method == "GET":
        return None
    try:
        async with asyncio.timeout(SECONDS):
            raw = await _read(receive)
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT) from None
    if operation.body is None:
        if raw.strip():
            raise Problem(HTTPStatus.BAD_REQUEST, "This takes no body.")
        return None
    if sent.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    return operation.body.model_validate_json(raw)


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises Problem when it is too large, or when who sent it has gone."""
    whole = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(HTTPStatus.BAD_REQUEST)
        whole += message.get("body", b"")
        if len(whole) > MOST_BYTES:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not message.get("more_body"):
            return bytes(whole)


async def _answer(answer: Model, send: Send) -> None:
    body = answer.model_dump_json().encode()
    head = [*_JSON, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
