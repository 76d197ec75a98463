"""Inline CSS and the HTML attributes of old: declarations, lengths, boxes."""

from __future__ import annotations

import re

from bot.campaigns.lint import colour
from bot.campaigns.lint.model import RGB

LENGTH = re.compile(r"(-?\d{0,6}(?:\.\d{0,6})?)(px|pt|em|rem|%|ex|ch|vw|vh|in|cm|mm|)")
UNITS = {"px": 1.0, "pt": 4 / 3, "": 1.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "ex": 8.0, "ch": 8.0, "vw": 6.0,
         "vh": 8.0}
SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0,
         "xx-large": 32.0, "smaller": -0.833, "larger": -1.2}
FONT_TAG = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}
WEIGHTS = {"normal": 400, "bold": 700, "bolder": 700, "lighter": 300}
URL = re.compile(r"url\(|gradient\(|image-set\(", re.I)


def declarations(style: str) -> dict[str, str]:
    """Properties of a style attribute, lower-cased; a later one wins, `!important` before all."""
    found: dict[str, str] = {}
    important: set[str] = set()
    for part in style.split(";")[:200]:
        name, _, value = part.partition(":")
        name, value = name.strip().lower(), value.strip().lower()
        urgent = value.endswith("!important")
        if name and value and (urgent or name not in important):
            found[name] = value.removesuffix("!important").strip()
            important |= {name} if urgent else set()
    return found


def length(value: str, font: float, whole: float = 0.0) -> float | None:
    """A length in pixels; em against the font, percent against the whole. None when it is no length."""
    found = LENGTH.fullmatch(value.strip())
    if found is None or found[1] in ("", "-", ".", "-."):
        return None
    number, unit = float(found[1]), found[2]
    if unit in ("em", "rem"):
        return number * (font if unit == "em" else 16.0)
    return number * whole / 100 if unit == "%" else number * UNITS[unit]


def font_size(value: str, parent: float) -> float:
    """The font's size in pixels, the parent's when the value is none."""
    if value in SIZES:
        return SIZES[value] if SIZES[value] > 0 else -SIZES[value] * parent
    size = length(value, parent, parent)
    return size if size is not None and size >= 0 else parent


def weight(value: str, parent: int) -> int:
    """400 is normal, 700 bold."""
    return WEIGHTS.get(value) or (int(value) if value.isdigit() and len(value) < 5 else parent)


def padding(style: dict[str, str], font: float, width: float) -> tuple[float, float]:
    """Left and right together, top and bottom together, borders included."""
    sides = dict.fromkeys(("top", "right", "bottom", "left"), 0.0)
    for base, suffix in (("padding", ""), ("border", "-width")):
        border = _border(style, font) if base == "border" else 0.0
        given = _four(style.get(f"{base}{suffix}", ""), font, width)
        for side, short in zip(sides, given or [border] * 4, strict=True):
            own = length(style.get(f"{base}-{side}{suffix}", ""), font, width)
            sides[side] += own if own is not None else short
    return sides["left"] + sides["right"], sides["top"] + sides["bottom"]


def _border(style: dict[str, str], font: float) -> float:
    words = style.get("border", "").split()[:10]
    medium = 3.0 if "solid" in words else 0.0
    return next((found for word in words if (found := length(word, font)) is not None), medium)


def _four(value: str, font: float, width: float) -> list[float] | None:
    given = [length(each, font, width) or 0.0 for each in value.split()[:4]]
    if not given:
        return None
    top, right = given[0], given[1] if len(given) > 1 else given[0]
    bottom = given[2] if len(given) > 2 else top
    return [top, right, bottom, given[3] if len(given) > 3 else right]


def fill(style: dict[str, str], attribute: str) -> tuple[RGB, float] | None:
    """What an element paints behind its words: a colour and its opacity, or None for an image or a gradient."""
    shorthand = style.get("background", "")
    if URL.search(shorthand) or URL.search(style.get("background-image", "")):
        return None
    named = style.get("background-color") or shorthand or attribute
    if not named or named in ("none", "inherit", "initial"):
        return (0.0, 0.0, 0.0), 0.0
    whole = colour.parse(named)
    words = [whole] if whole else [colour.parse(word) for word in named.split()[:10]]
    return next((found for found in words if found is not None), None)
