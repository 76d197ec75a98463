"""The shape of a consent record and of a receipt (ISO/IEC TS 27560:2023 in JSON-LD, by the DPV guide), as types.

Every record that leaves is built through these: what is mandatory cannot be missing, and nothing else gets in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Node(BaseModel):
    """A JSON-LD node; written with its terms."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class Subject(Node):
    """The PII principal, by an opaque id."""

    type: Literal["dpv:DataSubject"] = Field(default="dpv:DataSubject", serialization_alias="@type")
    id: str = Field(serialization_alias="dct:identifier", min_length=1)


class Controller(Node):
    """A party of the processing: id, name, address, contact and type are mandatory."""

    type: Literal["dpv:DataController"] = Field(default="dpv:DataController", serialization_alias="@type")
    id: str = Field(serialization_alias="@id", min_length=1)
    name: str = Field(serialization_alias="dpv:hasName", min_length=1)
    address: str = Field(serialization_alias="dpv:hasAddress", min_length=1)
    contact: str = Field(serialization_alias="dpv:hasContact", min_length=1)
    url: str | None = Field(default=None, serialization_alias="dct:source")


class NoticeShown(Node):
    """The specific version of the notice that was shown."""

    type: Literal["dpv:ConsentNotice"] = Field(default="dpv:ConsentNotice", serialization_alias="@type")
    id: str = Field(serialization_alias="@id", min_length=1)
    language: str = Field(serialization_alias="dct:language", min_length=2)
    date: datetime | None = Field(default=None, serialization_alias="dct:date")
    version: str | None = Field(default=None, serialization_alias="dct:hasVersion")
    text: str | None = Field(default=None, serialization_alias="dct:description")


class Storage(Node):
    """Where the data and the proof are, and for how long."""

    type: Literal["dpv:StorageCondition"] = Field(default="dpv:StorageCondition", serialization_alias="@type")
    duration: str = Field(serialization_alias="dpv:hasDuration", pattern=r"^P")
    locations: tuple[str, ...] = Field(serialization_alias="dpv:hasLocation", min_length=1)


class Control(Node):
    """How to withdraw (GDPR 7(3))."""

    type: Literal["dpv:WithdrawConsent"] = Field(default="dpv:WithdrawConsent", serialization_alias="@type")
    source: str = Field(serialization_alias="dct:source", min_length=1)


class Purpose(Node):
    """Why: the DPV purpose, and the operator's own name for it."""

    type: Literal["dpv:DirectMarketing"] = Field(default="dpv:DirectMarketing", serialization_alias="@type")
    title: str = Field(serialization_alias="dct:title", min_length=1)


class Process(Node):
    """What the consent is for."""

    type: Literal["dpv:Process"] = Field(default="dpv:Process", serialization_alias="@type")
    purpose: Purpose = Field(serialization_alias="dpv:hasPurpose")
    channel: str = Field(serialization_alias="dpv:hasProcessing", min_length=1)
    data: str = Field(serialization_alias="dpv:hasPersonalData", pattern=r"^pd:")
    controller: Controller = Field(serialization_alias="dpv:hasDataController")
    recipients: tuple[str, ...] = Field(serialization_alias="dpv:hasRecipient")
    basis: str = Field(serialization_alias="dpv:hasLegalBasis", pattern=r"^eu-gdpr:A")
    jurisdiction: str = Field(serialization_alias="dpv:hasJurisdiction", pattern=r"^loc:[A-Z]{2}$")
    storage: Storage = Field(serialization_alias="dpv:hasStorageCondition")
    rights: tuple[str, ...] = Field(serialization_alias="dpv:hasRight", min_length=1)
    control: Control = Field(serialization_alias="dpv:hasConsentControl")


class Event(Node):
    """One status: when, whose act, how it was shown, until when, and which ledger entry proves it."""

    type: str = Field(serialization_alias="@type", pattern=r"^dpv:(Consent|RenewedConsent)")
    time: datetime = Field(serialization_alias="dpv:isIndicatedAtTime")
    entity: str = Field(serialization_alias="dpv:isIndicatedBy", pattern=r"^dpv:Data(Subject|Controller)$")
    method: str = Field(serialization_alias="dpv:hasIndicationMethod", min_length=1)
    duration: str = Field(serialization_alias="dpv:hasDuration", min_length=1)  # an end, or that there is none
    entry: str = Field(serialization_alias="dct:identifier", min_length=1)
    hash: str = Field(serialization_alias="dct:provenance", pattern=r"^sha256:[0-9a-f]{64}$")


class Record(Node):
    """A consent record: one purpose and channel of one person in one capacity, with its whole history."""

    context: dict[str, str] | None = Field(default=None, serialization_alias="@context")
    id: str = Field(serialization_alias="@id", pattern=r"^urn:uuid:")
    type: Literal["dpv:ConsentRecord"] = Field(default="dpv:ConsentRecord", serialization_alias="@type")
    schema_version: str = Field(serialization_alias="dct:conformsTo", min_length=1)
    identifier: str = Field(serialization_alias="dct:identifier", min_length=36, max_length=36)
    subject: Subject = Field(serialization_alias="dpv:hasDataSubject")
    notices: tuple[NoticeShown, ...] = Field(serialization_alias="dpv:hasNotice", min_length=1)
    processes: tuple[Process, ...] = Field(serialization_alias="dpv:hasProcess", min_length=1)
    events: tuple[Event, ...] = Field(serialization_alias="dpv:hasConsentStatus", min_length=1)


class Receipt(Node):
    """What the person is given: when it was made, and a copy of the records."""

    context: dict[str, str] = Field(serialization_alias="@context")
    id: str = Field(serialization_alias="@id", pattern=r"^urn:uuid:")
    type: Literal["dpv:ConsentReceipt"] = Field(default="dpv:ConsentReceipt", serialization_alias="@type")
    schema_version: str = Field(serialization_alias="dct:conformsTo", min_length=1)
    identifier: str = Field(serialization_alias="dct:identifier", min_length=36, max_length=36)
    created: datetime = Field(serialization_alias="dct:created")
    records: tuple[Record, ...] = Field(serialization_alias="dpv:hasRecordOfActivity")
