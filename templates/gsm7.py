"""What an SMS costs: the default alphabet of 3GPP TS 23.038, its septets, and a spelling that stays inside it.

One character outside the alphabet turns the whole message into UCS-2, and 160 characters become 70.
"""

from __future__ import annotations

import re
import unicodedata

# 3GPP TS 23.038 section 6.2.1, in the order of its codes; 0x1B, which leads to the extension table, is left out.
BASIC = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
         "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENSION = "\f^{}\\[~]|€"  # section 6.2.1.1: an escape and a code, two septets
SINGLE, PART = 160, 153  # septets: alone, and beside the header of a concatenated message (section 4 of TS 23.040)
UCS2_SINGLE, UCS2_PART = 70, 67  # UTF-16 units

_COST = dict.fromkeys(BASIC, 1) | dict.fromkeys(EXTENSION, 2)
_MARK = re.compile(r"[\u0300-\u036f]")
_SPELT = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‹": "'", "›": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "•": "-", "·": ".",
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ẞ": "SS", "°": "o", "\t": " ",
    "\u200b": "", "\u00ad": "", "\ufeff": "",
})


def is_gsm7(text: str) -> bool:
    """Whether the text needs no character outside the default alphabet and its extension."""
    return all(each in _COST for each in text)


def length(text: str) -> int:
    """Septets in GSM-7 (extension characters count two), else UTF-16 units in UCS-2."""
    return sum(_sizes(text))


def segments(text: str) -> int:
    """How many messages it is sent as; no character is cut in two by a boundary."""
    single, part = (SINGLE, PART) if is_gsm7(text) else (UCS2_SINGLE, UCS2_PART)
    sizes = _sizes(text)
    if sum(sizes) <= single:
        return 1
    count, filled = 1, 0
    for size in sizes:
        count, filled = (count, filled + size) if filled + size <= part else (count + 1, size)
    return count


def plain(text: str) -> str:
    """The same words in the alphabet, as people spell them on a phone: ç as c, œ as oe, ś as s, curly quotes straight.

    What has no such spelling (Greek, Cyrillic, emoji) stays as it is.
    """
    return "".join(_spelt(each) for each in unicodedata.normalize("NFC", text))


def _sizes(text: str) -> list[int]:
    if is_gsm7(text):
        return [_COST[each] for each in text]
    return [2 if ord(each) > 0xFFFF else 1 for each in text]


def _spelt(char: str) -> str:
    if char in _COST:
        return char
    bare = _MARK.sub("", unicodedata.normalize("NFKD", char.translate(_SPELT))).translate(_SPELT)
    return bare if is_gsm7(bare) else char
