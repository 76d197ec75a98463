"""Errors by whose fault they are. The docstring is the default message: a sentence that says what to do."""

from __future__ import annotations

import inspect


class ConsentryError(Exception):
    """Something went wrong in Consentry; see the log for the stage."""

    def __init__(self, message: str | None = None) -> None:
        """Use the class's docstring when no message is given."""
        super().__init__(message or inspect.getdoc(type(self)))


class OperatorError(ConsentryError):
    """The configuration or command is wrong; correct it and try again."""


class SenderError(ConsentryError):
    """The message cannot be accepted as it was sent."""


class MessageTooLarge(SenderError):
    """The message is larger than this mailbox accepts."""


class TemporaryError(ConsentryError):
    """A service we depend on is not available now; the work stays queued and is tried again."""


class StoreUnavailable(TemporaryError):
    """The consent store cannot be reached; check storage.url and that the database runs."""


class PermanentDeliveryError(ConsentryError):
    """The next hop refuses this message for good."""
