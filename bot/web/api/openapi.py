"""The API described from its operations: an OpenAPI 3.1 document, and a page that needs nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.web.api.handles import FIELD
from bot.web.api.models import Model
from bot.web.api.operation import Operation

VERSION = "1"
REF = "#/components/schemas/{model}"
PROBLEM = {"description": "What went wrong (RFC 9457), without personal data",
           "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_PROBLEM_SCHEMA = {"type": "object", "required": ["type", "title", "status"], "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
    "detail": {"type": "string"}, "errors": {"type": "array", "items": {"type": "object", "properties": {
        "field": {"type": "string"}, "message": {"type": "string"}}}}}}
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f4f4f2;padding:1rem;overflow:auto}
h2{border-top:1px solid #ccc;padding-top:1rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}.scope{color:#555}"""


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The OpenAPI document."""
    models = _models(operations)
    _, schemas = models_json_schema([(each, "validation") for each in models], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Consentry", "version": VERSION,
                 "description": "Whether people may be contacted, and what changes. A handle never goes in a URL."},
        "paths": paths,
        "components": {"schemas": schemas["$defs"] | {"Problem": _PROBLEM_SCHEMA},
                       "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def _models(operations: Sequence[Operation]) -> list[type[BaseModel]]:
    found: dict[type[BaseModel], None] = {}
    for each in operations:
        found |= dict.fromkeys(model for model in (each.query, each.body, each.answer) if model is not None)
    return list(found)


def _described(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "summary": operation.summary, "description": f"{operation.about} Needs the scope `{operation.scope}`.",
        "operationId": operation.path.removeprefix("/api/v1/") + "." + operation.method.lower(),
        "security": [{"key": []}], "parameters": list(_parameters(operation)),
        "responses": {"200": {"description": operation.summary, "content": {
            "application/json": {"schema": {"$ref": REF.format(model=operation.answer.__name__)}}}},
            "default": PROBLEM}}
    if operation.body is not None:
        said["requestBody"] = {"required": True, "content": {
            "application/json": {"schema": {"$ref": REF.format(model=operation.body.__name__)}}}}
    return said


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for part in operation.path.split("{")[1:]:
        yield {"name": part.partition("}")[0], "in": "path", "required": True, "schema": {"type": "integer"}}
    if operation.query is not None:
        yield from _query(operation.query)
    if operation.takes_handle:
        yield {"name": FIELD, "in": "header", "required": False, "schema": {"type": "string"},
               "description": "kind:value, percent-encoded where it is not ASCII, as in email:name@example.org"}


def _query(model: type[Model]) -> Iterator[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=REF)
    for name, said in schema["properties"].items():
        yield {"name": name, "in": "query", "required": name in schema.get("required", ()),
               "schema": {key: value for key, value in said.items() if key not in ("title", "description")},
               "description": said.get("description", "")}


def page(operations: Sequence[Operation]) -> str:
    """The same for people: one page, no script, nothing loaded from elsewhere."""
    told = document(operations)
    parts = [_section(operation, told) for operation in operations]
    return (f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<title>Consentry API</title><style>{STYLE}</style><h1>Consentry API</h1>"
            "<p>Every request carries <code>Authorization: Bearer KEY</code>; <code>consentry api-key new NAME</code> "
            "makes one. Errors are problem+json (RFC 9457). A handle is never put in a URL. For programs: "
            "<a href=/api/v1/openapi.json>openapi.json</a>.</p>"
            f"{''.join(parts)}<h2>Schemas</h2>{_schemas(told)}</html>")


def _section(operation: Operation, told: dict[str, Any]) -> str:
    said = told["paths"][operation.path][operation.method.lower()]
    rows = "".join(f"<tr><td><code>{escape(each['name'])}</code><td>{each['in']}"
                   f"{', required' if each['required'] else ''}<td>{escape(each.get('description', ''))}"
                   for each in said["parameters"])
    body = f"<p>Body: <code>{operation.body.__name__}</code>" if operation.body else ""
    return (f"<h2>{operation.method} <code>{escape(operation.path)}</code></h2><p>{escape(operation.summary)}. "
            f"{escape(operation.about)}<p class=scope>Scope: <code>{operation.scope}</code>"
            f"{'<table>' + rows + '</table>' if rows else ''}{body}<p>Answer: <code>{operation.answer.__name__}</code>")


def _schemas(told: dict[str, Any]) -> str:
    return "".join(f"<h3 id={name}><code>{name}</code></h3><pre>{escape(json.dumps(schema, indent=2))}</pre>"
                   for name, schema in told["components"]["schemas"].items())
