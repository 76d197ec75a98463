"""The audit as a page that a marketing director reads: four piles, charts drawn here as SVG, no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import templates
from bot import wording
from bot.audit import Scope
from bot.audit_summary import Summary
from bot.policy.audit_words import said
from bot.settings import Settings
from storage.records import ALL, Pile

WIDTH = 600  # units of a bar's drawing
REASONS = 12  # shown of each pile; the CSV has all


def page(summary: Summary, settings: Settings, language: str, at: datetime, scope: Scope) -> str:
    """HTML, whole in itself. Parties are named by nothing, addresses nowhere."""
    country = settings.controller.country
    totals = Counter({pile: summary.total(pile) for pile in Pile})
    return templates.page("audit", language, {
        "controller": settings.controller.name, "made": wording.moment(at, language, country),
        "claims": number(summary.claims, language), "parties": number(summary.parties, language),
        "scope": _scope(scope, language), "piles": [_pile(pile, totals, summary, language) for pile in Pile],
        "whole": bar(totals, totals.total(), language), "width": WIDTH,
        "channels": _bars(summary.by(0), language, channel=True), "purposes": _bars(summary.by(1), language),
        "lacks": [{"words": said("reason", code, language), "count": number(count, language)}
                  for code, count in summary.lacks.most_common() if code not in ADVICE]})


ADVICE = frozenset({"ask-by-post", "ask-elsewhere", "with-stop-link", "ask-once"})


def number(count: int, language: str) -> str:
    """Digits in groups, as the language writes them."""
    return f"{count:,}".replace(",", "\u202f") if language == "fr" else f"{count:,}"


def percent(part: int, whole: int, language: str) -> str:
    """A share; what is there is never shown as none, what is missing never as all."""
    if not part or not whole:
        return "0\u00a0%" if language == "fr" else "0%"
    share = min(99.9, max(0.1, 100 * part / whole)) if part != whole else 100.0
    text = f"{share:.1f}" if share < 10 or 99 < share < 100 else f"{share:.0f}"
    return f"{text.replace('.', ',')}\u00a0%" if language == "fr" else f"{text}%"


def bar(counts: Mapping[Pile, int], longest: int, language: str) -> dict[str, Any]:
    """One stacked bar: where each pile begins and how wide it is, and the same in words for who does not see it."""
    parts, at = [], 0.0
    for pile in Pile:
        width = WIDTH * counts.get(pile, 0) / longest if longest else 0.0
        if counts.get(pile, 0):
            parts.append({"pile": pile.value, "x": round(at, 2), "width": round(max(width, 1.0), 2)})
        at += width
    words = ", ".join(f"{said('pile', pile, language)} {number(counts.get(pile, 0), language)}" for pile in Pile)
    return {"parts": parts, "words": words}


def _bars(groups: Mapping[str, Counter[Pile]], language: str, *, channel: bool = False) -> list[dict[str, Any]]:
    longest = max((counts.total() for counts in groups.values()), default=0)
    every = {"fr": ("Tous canaux", "Toutes finalités"), "en": ("Every channel", "Every purpose")}[language]
    made = []
    for key, counts in groups.items():
        name = wording.channels([key], language)[0] if channel else key
        name = name[:1].upper() + name[1:]
        made.append({"name": every[0 if channel else 1] if key == ALL else name,
                     "counts": [number(counts.get(pile, 0), language) for pile in Pile],
                     "total": number(counts.total(), language), "bar": bar(counts, longest, language)})
    return made


def _pile(pile: Pile, totals: Counter[Pile], summary: Summary, language: str) -> dict[str, Any]:
    reasons = sorted(((code, count) for (each, code), count in summary.reasons.items() if each is pile),
                     key=lambda each: (-each[1], each[0]))
    top = reasons[0][1] if reasons else 0
    return {"key": pile.value, "name": said("pile", pile, language), "meaning": said("meaning", pile, language),
            "count": number(totals[pile], language), "share": percent(totals[pile], totals.total(), language),
            "more": max(0, len(reasons) - REASONS),
            "reasons": [{"words": said("reason", code, language), "count": number(count, language),
                         "width": round(max(2.0, 100 * count / top), 1)} for code, count in reasons[:REASONS]]}


def _scope(scope: Scope, language: str) -> list[str]:
    """What the page is about when it is not about everything."""
    capacities = {"fr": {"consumer": "particuliers", "professional": "professionnels"},
                  "en": {"consumer": "consumers", "professional": "professionals"}}[language]
    told = [scope.purpose, wording.channels([scope.channel], language)[0] if scope.channel else None,
            capacities[scope.capacity] if scope.capacity else None]
    return [each for each in told if each]
