"""What the person wrote now, apart from what they quote and how they sign. Conservative, linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextParts:
    """The three parts, and whether a forwarded message follows."""

    fresh: str
    quoted: str
    signature: str
    forwarded: bool


ATTRIBUTION = re.compile(
    r"^\s*(?:(?:Le|Il|El|Em|Op|On|Am|W dniu|Dnia)\b.{0,300}?\b(?:a écrit|ha scritto|escribió|escreveu|schreef|wrote|"
    r"schrieb|napisał\(?a?\)?)\b.{0,200}?|.{0,200}\b(?:wrote|schrieb|napisał\(?a?\)?))\s*:\s*$", re.I)
SEPARATOR = re.compile(
    r"^\s*(?:-{3,}\s*(?:Original Message|Message d'origine|Message original|Ursprüngliche Nachricht|Mensaje original|"
    r"Messaggio originale|Oorspronkelijk bericht|Mensagem original|Oryginalna wiadomość)\s*-{3,}|_{20,})\s*$", re.I)
FORWARD = re.compile(
    r"^\s*(?:-{3,}\s*)?(?:Forwarded message|Message transféré|Weitergeleitete Nachricht|Mensaje reenviado|"
    r"Messaggio inoltrato|Doorgestuurd bericht|Mensagem encaminhada|Wiadomość przekazana|"
    r"Begin forwarded message)", re.I)
FROM = re.compile(r"^\s*\*?(?:De|From|Von|Da|Van|Od)\s?\*?:\*?\s", re.I)
SENT = re.compile(r"^\s*\*?(?:Envoyé|Date|Sent|Gesendet|Datum|Enviado|Fecha|Inviato|Data|Verzonden|Wysłano|À|To|An)\s?"
                  r"(?:le)?\s?\*?:", re.I)
SIGNATURE = re.compile(
    r"^(?:--\s?|(?:Envoyé de(?:puis)? mon|Sent from my|Von meinem|Enviado desde mi|Inviato da(?:l mio)?|Verzonden vanaf"
    r" mijn|Enviado do meu|Wysłane z)\b.{0,80})$", re.I)


LONGEST = 500  # a longer line is nobody's attribution: keeps every pattern's work bounded
CLOCK = re.compile(r"\d{1,2}[:h.]\d\d|@")


def _near(lines: list[str], index: int) -> str:
    """The first line with words among the next three."""
    return next((later[:LONGEST] for later in lines[index + 1 : index + 4] if later.strip()), "")


def _quote_starts(lines: list[str], index: int) -> bool:
    """Whether the rest is another mail. An attribution needs a time, an address or quoted lines right after it:
    "Le médecin a écrit :" is a sentence of the person's."""
    line = lines[index]
    if len(line) > LONGEST or not line.strip():
        return False
    if SEPARATOR.match(line) or FORWARD.match(line):
        return True
    if FROM.match(line) and any(SENT.match(later[:LONGEST]) for later in lines[index + 1 : index + 4]):
        return True
    if ATTRIBUTION.match(line):
        return _near(lines, index).lstrip().startswith(">") or bool(CLOCK.search(line))
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if len(line) > 200 or not following or len(following) > 200 or following.startswith(">"):
        return False
    return bool(CLOCK.search(f"{line} {following}")) and bool(ATTRIBUTION.match(f"{line} {following}"))


def split(text: str) -> TextParts:
    """Fresh, quoted and signature; a text without a sure sign of quoting is all fresh."""
    fresh: list[str] = []
    quoted: list[str] = []
    signature: list[str] = []
    forwarded, lines, target = False, text.split("\n"), fresh
    for index, line in enumerate(lines):
        if target is not quoted and _quote_starts(lines, index):
            forwarded = bool(FORWARD.match(line))
            bottom_posted = not forwarded and any(after.startswith(">") for after in lines[index + 1 : index + 4])
            if bottom_posted:
                quoted.append(line)
                continue
            target = quoted
        if line.lstrip().startswith(">"):
            quoted.append(line)
            continue
        if target is fresh and len(line) <= LONGEST and SIGNATURE.match(line.rstrip("\r")):
            target = signature
        target.append(line)
    return TextParts("\n".join(fresh).strip(), "\n".join(quoted).strip(), "\n".join(signature).strip(), forwarded)
