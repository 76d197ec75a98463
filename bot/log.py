"""One JSON object per line on stderr, without personal data: what looks like an address or a number is redacted."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

EMAIL = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:=]+")
PHONE = re.compile(r"(?<![\w.-])(?:\+|00|0)\d(?:[ .\-/()]{0,2}\d){6,13}(?![\w-])")
DROPPED = frozenset({"raw", "payload", "fresh_text", "body", "subject", "recipient", "sender", "secret", "password"})


def redact(text: str) -> str:
    """The text with e-mail-like and phone-like strings replaced."""
    return PHONE.sub("[phone]", EMAIL.sub("[email]", text))


def clean(value: object) -> object:
    """Any value of an event, redacted all the way down; what is not plain becomes its repr."""
    if isinstance(value, dict):
        return {redact(str(key)): clean(item) for key, item in value.items() if key not in DROPPED}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(value if isinstance(value, str) else repr(value))


def _private(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    stamp = event.pop("timestamp", None)
    cleaned = {key: clean(value) for key, value in event.items() if key not in DROPPED}
    return {"timestamp": stamp, **cleaned} if stamp else cleaned


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Set structlog up for the process."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info,
                    structlog.processors.TimeStamper(fmt="iso", utc=True), _private,
                    structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr), cache_logger_on_first_use=False)


def get() -> structlog.typing.FilteringBoundLogger:
    """A logger."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
