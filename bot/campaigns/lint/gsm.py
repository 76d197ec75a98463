"""Length of an SMS in septets of the GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1)."""

from __future__ import annotations

BASIC = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                  "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENDED = frozenset("\f^{}\\[~]|€")
SEGMENT = 160  # septets of a message in one part


def septets(text: str) -> int | None:
    """How many, or None when a character is not in the alphabet, so that the message would go as UCS-2 (70 a part)."""
    if not all(each in BASIC or each in EXTENDED for each in text):
        return None
    return sum(2 if each in EXTENDED else 1 for each in text)
