"""The same as a Kantara Consent Receipt v1.1.0: one receipt for each capacity's file. Only what is in force."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.receipts.record import Facts, File
from storage.projection import rebuild
from storage.records import ConsentState

TYPES = {True: "EXPLICIT", False: "NONE"}


class Part(BaseModel):
    """A table of the receipt: nothing that the specification does not name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PiiController(Part):
    """Who collects."""

    piiController: str = Field(min_length=1)
    onBehalf: bool = False
    contact: str
    address: dict[str, str]
    email: str
    phone: str = ""
    piiControllerUrl: str | None = None


class Purpose(Part):
    """What for, and on what it rests."""

    purpose: str
    purposeCategory: tuple[str, ...]
    consentType: str
    piiCategory: tuple[str, ...]
    primaryPurpose: bool
    termination: str
    thirdPartyDisclosure: bool
    thirdPartyName: str | None = None


class Service(Part):
    """The channel by which the person is written to."""

    service: str
    purposes: tuple[Purpose, ...] = Field(min_length=1)


class ConsentReceipt(Part):
    """Consent Receipt Specification v1.1.0, section 4."""

    version: Literal["KI-CR-v1.1.0"] = "KI-CR-v1.1.0"
    jurisdiction: str = Field(pattern=r"^[A-Z]{2}$")
    consentTimestamp: int  # seconds since 1970
    collectionMethod: str
    consentReceiptID: str = Field(min_length=36, max_length=36)
    language: str
    piiPrincipalId: str
    piiControllers: tuple[PiiController, ...] = Field(min_length=1)
    policyUrl: str
    services: tuple[Service, ...]
    sensitive: bool = False
    spiCat: tuple[str, ...] = ()


def kantara(file: File, facts: Facts, *, receipt_id: str, at: datetime) -> ConsentReceipt:
    """`at`: when it is made, for a file in which nothing is said yet."""
    states = sorted(rebuild(file.entries).values(), key=lambda state: state.sequence)
    channels = dict.fromkeys(state.channel for state in states)
    services = tuple(Service(service=channel, purposes=tuple(
        _purpose(state, facts) for state in states if state.channel == channel)) for channel in channels)
    return ConsentReceipt(
        jurisdiction=facts.country, consentTimestamp=int(max((each.since for each in states), default=at).timestamp()),
        collectionMethod="the person's own messages, as the ledger proves", consentReceiptID=receipt_id,
        language=facts.language, piiPrincipalId=file.party.id,
        piiControllers=(PiiController(
            piiController=facts.name, contact=facts.contact, email=facts.email, piiControllerUrl=facts.url,
            address={"streetAddress": facts.address, "addressCountry": facts.country}),),
        policyUrl=facts.privacy_url or f"mailto:{facts.email}", services=services)


def _purpose(state: ConsentState, facts: Facts) -> Purpose:
    until = f"on {state.valid_until.date().isoformat()}" if state.valid_until else "when the person withdraws"
    return Purpose(purpose=state.purpose, purposeCategory=("Marketing",), consentType=TYPES[state.status.valid],
                   piiCategory=("Contact",), primaryPurpose=False,
                   termination=until if state.status.valid else f"{state.status} on {state.since.date().isoformat()}",
                   thirdPartyDisclosure=bool(facts.recipients), thirdPartyName=", ".join(facts.recipients) or None)
