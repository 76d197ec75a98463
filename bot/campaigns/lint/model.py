"""What the rules of honest wording look at: a message as it is shown, and what they find in it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from storage.records import ChannelKind

RGB = tuple[float, float, float]  # 0 to 255 each


class Severity(StrEnum):
    """What a finding means for the campaign."""

    FAIL = "fail"  # the wording is not approved
    NOTE = "note"  # worth knowing; a difference in favour of no is one


class Polarity(StrEnum):
    """What a control answers."""

    YES = "yes"
    NO = "no"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `reason` is a key of `reasons.toml`; `where` quotes the message itself."""

    rule: str  # DP01 to DP16
    reason: str
    where: str
    severity: Severity = Severity.FAIL
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How an element is shown. Sizes are CSS pixels; `background` None: it cannot be told (an image, a gradient)."""

    font: float = 16.0
    weight: int = 400
    colour: RGB = (0.0, 0.0, 0.0)
    background: RGB | None = (255.0, 255.0, 255.0)  # behind the text, whoever paints it
    padding: tuple[float, float] = (0.0, 0.0)  # left and right together, top and bottom together
    width: float = 0.0
    height: float = 0.0
    bottom: float | None = None  # distance from the top of the page; None: not measured
    shown: bool = True
    capitals: bool = False  # text-transform


@dataclass(frozen=True, slots=True)
class Node:
    """An element, or a run of text (`tag` "#text"), in document order. `parent` is an index, -1 at the root."""

    tag: str
    parent: int
    attrs: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    look: Look = field(default_factory=Look)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A link, button or box that can be answered with. `box` is what looks like the button: itself or what wraps it."""

    kind: str  # link, button, box (checkbox or radio)
    polarity: Polarity
    text: str
    href: str
    attrs: Mapping[str, str]
    look: Look  # of its words
    box: Look
    container: int  # index of the element that holds its box
    words_before: int = 0
    to_all: bool = False  # answers every row at once
    method: str = "get"  # of its form


@dataclass(frozen=True, slots=True)
class Choice:
    """A yes and the no that belongs to it; either may be missing. `label`: the words of their container before them."""

    yes: Control | None
    no: Control | None
    label: str = ""

    @property
    def where(self) -> str:
        """The words of both, to quote."""
        return " / ".join(repr(each.text) for each in (self.yes, self.no) if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of the message beside its text. Empty: not known, and the rules say less.

    `reminders`: days after the first message at which it is repeated.
    """

    language: str = "en"
    channel: ChannelKind = ChannelKind.EMAIL
    sender: str = ""
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    reminders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as its reader sees it. `screen`: width in pixels it was measured at, 0 when worked out statically."""

    context: Context
    subject: str = ""
    text: str = ""  # text/plain
    shown: str = ""  # words of the HTML that can be seen
    hidden: str = ""  # and those that cannot
    nodes: tuple[Node, ...] = ()
    controls: tuple[Control, ...] = ()
    choices: tuple[Choice, ...] = ()
    words_before: int = 0  # before the first answer
    screen: int = 0

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The alternatives a client may show, each of which must stand alone: name and visible words."""
        return tuple((name, words) for name, words in (("HTML", self.shown), ("text", self.text)) if words.strip())

    @property
    def everything(self) -> str:
        """All words, seen or not."""
        return "\n".join((self.subject, self.shown, self.hidden, self.text))
