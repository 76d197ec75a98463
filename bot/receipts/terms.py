"""Our words in those of W3C DPV 2 (https://w3id.org/dpv) and of its PD extension."""

from __future__ import annotations

from collections.abc import Mapping

from storage.records import ALL, ChannelKind, ConsentStatus

CONTEXT: Mapping[str, str] = {
    "dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#", "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/", "xsd": "http://www.w3.org/2001/XMLSchema#",
}
STATUSES: Mapping[ConsentStatus, str] = {
    ConsentStatus.UNKNOWN: "dpv:ConsentUnknown", ConsentStatus.REQUESTED: "dpv:ConsentRequested",
    ConsentStatus.REQUEST_DEFERRED: "dpv:ConsentRequestDeferred", ConsentStatus.GIVEN: "dpv:ConsentGiven",
    ConsentStatus.RENEWED: "dpv:RenewedConsentGiven", ConsentStatus.REFUSED: "dpv:ConsentRefused",
    ConsentStatus.WITHDRAWN: "dpv:ConsentWithdrawn", ConsentStatus.EXPIRED: "dpv:ConsentExpired",
    ConsentStatus.INVALIDATED: "dpv:ConsentInvalidated", ConsentStatus.REVOKED: "dpv:ConsentRevoked",
}
DATA: Mapping[str, str] = {
    ChannelKind.EMAIL: "pd:EmailAddress", ChannelKind.SMS: "pd:TelephoneNumber",
    ChannelKind.PHONE: "pd:TelephoneNumber",
    ChannelKind.POST: "pd:PhysicalAddress", ChannelKind.CHAT: "pd:Username", ALL: "pd:Contact",
}
PURPOSE = "dpv:DirectMarketing"
LEGAL_BASIS = "eu-gdpr:A6-1-a"
RIGHTS = ("eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A16", "eu-gdpr:A17", "eu-gdpr:A18", "eu-gdpr:A20", "eu-gdpr:A21",
          "eu-gdpr:A77")
RECORD_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
RECEIPT_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"


def indicated_by(actor: str) -> str:
    """Who showed the status: the person, or the controller (its staff or its system)."""
    return "dpv:DataSubject" if actor == "person" else "dpv:DataController"
