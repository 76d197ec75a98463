"""Whom a verb is about: a party's id, or an address that need not be in the shell's history."""

from __future__ import annotations

import sys

import typer

from bot.errors import OperatorError
from bot.parse import address
from storage.records import ChannelKind, Handle
from storage.unit_of_work import UnitOfWork


def party_named(text: str, uow: UnitOfWork) -> str:
    """The id of one party, which may be erased. `text`: its id, or `email:ADDRESS`. Raises OperatorError."""
    kind, _, value = text.partition(":")
    if not value:
        if uow.parties.get(text) is None and not uow.ledger.by_party(text):
            raise OperatorError("There is no such party: give its id, or email:ADDRESS.")
        return text
    if kind not in tuple(ChannelKind):
        raise OperatorError(f"{kind} is no channel: write one of {', '.join(ChannelKind)}, a colon, and the address.")
    given = Handle(ChannelKind(kind), value.strip())
    handle = address(given.value) if given.kind is ChannelKind.EMAIL else given
    found = uow.parties.by_handle(handle or given)
    if not found:
        raise OperatorError("Nobody has that address in this store.")
    if len(found) > 1:
        ids = ", ".join(f"{each.id} ({each.capacity})" for each in found)
        raise OperatorError(f"That address has two files, never mixed: give the id of one, {ids}.")
    return found[0].id


def said(text: str) -> str:
    """As given; for `-`, from a prompt on a terminal, else a line of standard input. Ask before a store is held."""
    if text != "-":
        return text.strip()
    if sys.stdin.isatty():
        return str(typer.prompt("Whom (id, or email:ADDRESS)", err=True)).strip()
    return sys.stdin.readline().strip()
