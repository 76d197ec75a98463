"""Colours of CSS, and contrast by WCAG 2.2 (relative luminance, success criterion 1.4.3)."""

from __future__ import annotations

import colorsys
import re

from bot.campaigns.lint.model import RGB

NAMED = {
    "black": "000000", "white": "ffffff", "red": "ff0000", "green": "008000", "blue": "0000ff", "gray": "808080",
    "grey": "808080", "silver": "c0c0c0", "lightgray": "d3d3d3", "lightgrey": "d3d3d3", "darkgray": "a9a9a9",
    "darkgrey": "a9a9a9", "dimgray": "696969", "dimgrey": "696969", "gainsboro": "dcdcdc", "whitesmoke": "f5f5f5",
    "navy": "000080", "teal": "008080", "lime": "00ff00", "limegreen": "32cd32", "forestgreen": "228b22",
    "seagreen": "2e8b57", "darkgreen": "006400", "lightgreen": "90ee90", "crimson": "dc143c", "darkred": "8b0000",
    "firebrick": "b22222", "tomato": "ff6347", "orange": "ffa500", "yellow": "ffff00", "gold": "ffd700",
    "purple": "800080", "maroon": "800000", "olive": "808000", "aqua": "00ffff", "cyan": "00ffff",
    "fuchsia": "ff00ff", "magenta": "ff00ff", "royalblue": "4169e1", "dodgerblue": "1e90ff", "steelblue": "4682b4",
    "lightblue": "add8e6", "darkblue": "00008b", "ivory": "fffff0", "beige": "f5f5dc", "snow": "fffafa",
}
NUMBERS = re.compile(r"rgba?\(\s*([\d.]{1,9}%?)[\s,]{1,9}([\d.]{1,9}%?)[\s,]{1,9}([\d.]{1,9}%?)"
                     r"(?:[\s,/]{1,9}([\d.]{1,9}%?))?\s*\)")
HEX = re.compile(r"#?([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})")


def parse(text: str) -> tuple[RGB, float] | None:
    """A colour and its opacity from 0 to 1, or None when it is none that is known here."""
    word = text.strip().lower()[:100]
    if word == "transparent":
        return (0.0, 0.0, 0.0), 0.0
    numbers = NUMBERS.fullmatch(word)
    if numbers:
        red, green, blue = (_channel(numbers[i], 255.0) for i in (1, 2, 3))
        return (red, green, blue), _channel(numbers[4], 1.0) if numbers[4] else 1.0
    found = HEX.fullmatch(NAMED.get(word, word))
    return _hex(found[1]) if found and (word.startswith("#") or word in NAMED or len(found[1]) == 6) else None


def _channel(text: str, full: float) -> float:
    try:
        value = float(text.rstrip("%")) * (full / 100 if text.endswith("%") else 1.0)
    except ValueError:
        return full
    return min(max(value, 0.0), full)


def _hex(digits: str) -> tuple[RGB, float]:
    long = digits if len(digits) >= 6 else "".join(each * 2 for each in digits)
    red, green, blue = (float(int(long[i:i + 2], 16)) for i in (0, 2, 4))
    return (red, green, blue), int(long[6:8], 16) / 255 if len(long) == 8 else 1.0


def over(top: RGB, opacity: float, below: RGB) -> RGB:
    """What is seen of a colour painted over another."""
    red, green, blue = (a * opacity + b * (1 - opacity) for a, b in zip(top, below, strict=True))
    return red, green, blue


def luminance(colour: RGB) -> float:
    """Relative luminance, 0 to 1, as WCAG 2.2 defines it for sRGB."""
    linear = [v / 12.92 if (v := each / 255) <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for each in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def distance(one: RGB, other: RGB) -> float:
    """How far apart, 0 to 255: the largest difference of a channel."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def liveliness(colour: RGB) -> float:
    """Chroma, 0 (grey) to 1: what makes a brand colour stand out beside grey."""
    return (max(colour) - min(colour)) / 255


def hue(colour: RGB) -> str:
    """`green`, `red`, or "" for the rest and for greys."""
    angle, _, _ = colorsys.rgb_to_hsv(*(each / 255 for each in colour))
    if liveliness(colour) < 0.15:
        return ""
    return "green" if 75 <= angle * 360 <= 170 else "red" if angle * 360 <= 25 or angle * 360 >= 335 else ""
