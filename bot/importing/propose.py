"""A mapping proposed from the names of the columns and the first rows. It guesses no capacity and no consent."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice

from bot.importing.lines import rows
from bot.importing.mapping import DATES
from bot.importing.source import Source
from bot.importing.values import CAPACITIES, plain

FORMATS = ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d-%m-%Y", "%m/%d/%Y",
           "%m/%d/%Y %H:%M", "%Y/%m/%d")
LOOKED_AT = 200  # rows
SHAPES = {"%d": r"(?:0?[1-9]|[12]\d|3[01])", "%m": r"(?:0?[1-9]|1[0-2])", "%Y": r"(?:19|20)\d\d", "%H": r"\d{1,2}",
          "%M": r"\d\d", "%S": r"\d\d"}


@cache
def _words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads((files("bot.importing") / "headers.toml").read_text("utf-8"))


def _called(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", plain(name)))


def field_of(name: str, section: str) -> str:
    """The field that a column of this name is, in a section of headers.toml; "" when none."""
    called = _called(name)
    return next((field for field, words in _words()[section].items() if called in words), "")


def propose(source: Source, names: Sequence[str], purposes: Sequence[str]) -> str:
    """The text of a mapping file."""
    sample = [line.cells for line in islice(rows(source, names), LOOKED_AT) if not line.fault]
    found: dict[str, list[str]] = {}
    claimed: dict[str, str] = {}
    for name in filter(None, names):
        field = field_of(name, "fields")
        if field:
            found.setdefault(field, []).append(name)
        elif (part := field_of(name, "claim")):
            claimed.setdefault(part, name)
    used = {each for several in found.values() for each in several} | set(claimed.values())
    left = ", ".join(json.dumps(each, ensure_ascii=False) for each in names if each and each not in used)
    return "\n".join([*_head(source, found, claimed, names, sample), "", *_columns(found, names, sample), "",
                      *_claim(claimed, purposes), "", f"# not used: {left or 'none'}", ""])


def _head(source: Source, found: Mapping[str, Sequence[str]], claimed: Mapping[str, str], names: Sequence[str],
          sample: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"# Proposed for {json.dumps(source.path.name)}: read each line before you use it."
    if "capacity" not in found:
        yield ('capacity = "consumer"  # CHECK: or "professional", or a column that says it for each row; the two are '
               "never mixed")
    dated = [name for field in DATES for name in found.get(field, ())] + [
        name for part, name in claimed.items() if part == "date"]
    form = date_format([row[names.index(name)] for name in dated for row in sample])
    yield f'date_format = "{form}"' if form else '# date_format = "%d/%m/%Y"  # ISO 8601 is always read'
    if source.kind != "xlsx":
        yield f'encoding = "{source.encoding}"'
        yield f"delimiter = {json.dumps(source.delimiter)}"


def _columns(found: Mapping[str, Sequence[str]], names: Sequence[str], sample: Sequence[Sequence[str]]
             ) -> Iterator[str]:
    yield "[columns]"
    if not found.keys() & {"email", "phone", "sms", "chat", "post"}:
        yield '# email = "..."  # at least one contact point: email, phone, sms, chat, post'
    for field, columns in found.items():
        several = field == "post" and len(columns) > 1
        yield f"{field} = {json.dumps(list(columns) if several else columns[0], ensure_ascii=False)}"
    if "capacity" in found:
        at = names.index(found["capacity"][0])
        strange = sorted({row[at].strip() for row in sample if plain(row[at]) not in CAPACITIES and row[at].strip()})
        if strange:
            yield "\n[values.capacity]  # CHECK: consumer or professional"
            yield from (f'{json.dumps(word, ensure_ascii=False)} = ""' for word in strange[:20])


def _claim(claimed: Mapping[str, str], purposes: Sequence[str]) -> Iterator[str]:
    """What the file says of consent, as a comment until somebody has read it: which purpose is not in a name."""
    if "status" not in claimed:
        return
    yield "# CHECK, then remove the # below: for which purpose and channel is this the consent? A plain no (0, non) is"
    yield '# taken as a refusal; where it only means "not asked", write "0" = "unknown" in values.'
    yield "# [[claim]]"
    yield f'# purpose = "{purposes[0] if purposes else "newsletter"}"  # {", ".join(purposes)}'
    yield '# channel = "email"  # email, sms, phone, post, chat'
    for part, name in claimed.items():
        yield f"# {part} = {json.dumps(name, ensure_ascii=False)}"
    if "method" not in claimed:
        yield '# always = { method = "box" }  # box, pre_ticked, bundled, oral, paper, double_opt_in, unknown'
    yield '# values = { "1" = "given", "0" = "refused" }'


def date_format(texts: Sequence[str]) -> str:
    """The first format that all dates have; "" when they are ISO 8601, or of no form known."""
    given = [text.strip() for text in texts if text.strip()]
    for form in FORMATS:
        pattern = re.sub(r"%[dmYHMS]", lambda mark: SHAPES[mark[0]], form.replace(".", r"\."))
        if given and all(re.fullmatch(pattern, text) for text in given):
            return form
    return ""
