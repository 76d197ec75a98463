"""DP02: both answers look the same: size, weight, padding, area, colour, contrast.

EDPB 03/2022, "hidden in plain sight"; Hubside.

A difference in favour of no is told, and fails nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint.colour import contrast, distance, hue, liveliness
from bot.campaigns.lint.model import RGB, Control, Finding, Rendered, Severity

ID = "DP02"
TOLERANCE = 0.10  # of the larger one
CONTRAST = 4.5  # WCAG 2.2, 1.4.3 (AA)
SAME_COLOUR = 8.0  # of 255
STANDS_OUT = 1.2  # times the contrast of the other
LIVELIER = 0.15  # more chroma than the other: a brand colour beside grey


def check(message: Rendered) -> Iterator[Finding]:
    """Compare each yes with its no."""
    if message.screen == 0 and any(node.tag == "style" or (node.tag == "link" and "stylesheet" in
                                   node.attrs.get("rel", "").lower()) for node in message.nodes):
        yield Finding(ID, "style_sheet", "<style>")
    for pair in message.choices:
        if pair.yes is None or pair.no is None:
            continue
        for finding in (*_sizes(pair.yes, pair.no), *_colours(pair.yes, pair.no), *_contrasts(pair.yes, pair.no)):
            reason, severity, values = finding
            yield Finding(ID, reason, pair.where, severity, values)


Difference = tuple[str, Severity, dict[str, str]]


def _measures(control: Control) -> dict[str, float]:
    box = control.box
    return {"font": control.look.font, "weight": float(control.look.weight), "padding": sum(box.padding),
            "area": box.width * box.height}


def _sizes(yes: Control, no: Control) -> Iterator[Difference]:
    ours, theirs = _measures(yes), _measures(no)
    for name, left in ours.items():
        right = theirs[name]
        allowed = 0.01 if name in ("font", "weight") else TOLERANCE
        if abs(left - right) > allowed * max(left, right, 1e-9):
            yield (f"{name}_differs", Severity.FAIL if left > right else Severity.NOTE,
                   {"yes": f"{left:.0f}", "no": f"{right:.0f}"})
    loud = [_loud(each) for each in (yes, no)]
    if loud[0] != loud[1]:
        yield "capitals_differ", Severity.FAIL if loud[0] else Severity.NOTE, {}


def _loud(control: Control) -> bool:
    letters = [each for each in control.text if each.isalpha()]
    return control.look.capitals or (len(letters) > 3 and all(each.isupper() for each in letters))


def _colours(yes: Control, no: Control) -> Iterator[Difference]:
    paints = (("fill", yes.box.background, no.box.background), ("ink", yes.look.colour, no.look.colour))
    for name, ours, theirs in paints:
        if ours is not None and theirs is not None and distance(ours, theirs) > SAME_COLOUR:
            yield "colour_differs", _favours(yes, no), {"what": name, "yes": _hex(ours), "no": _hex(theirs)}


def _favours(yes: Control, no: Control) -> Severity:
    """A note when the difference speaks for no: yes is red and no green, no is livelier or stands out more."""
    hues = [{hue(each) for each in _paints(control)} & {"green", "red"} for control in (yes, no)]
    if hues in ([{"green"}, {"red"}], [{"red"}, {"green"}]):
        return Severity.FAIL if hues[0] == {"green"} else Severity.NOTE
    more = max(map(liveliness, _paints(no))) - max(map(liveliness, _paints(yes)))
    if abs(more) > LIVELIER:
        return Severity.NOTE if more > 0 else Severity.FAIL
    if yes.look.background is None or no.look.background is None:
        return Severity.FAIL
    ratio = contrast(no.look.colour, no.look.background) / contrast(yes.look.colour, yes.look.background)
    return Severity.NOTE if ratio > STANDS_OUT else Severity.FAIL


def _paints(control: Control) -> tuple[RGB, ...]:
    return tuple(each for each in (control.look.colour, control.box.background) if each is not None)


def _contrasts(yes: Control, no: Control) -> Iterator[Difference]:
    for name, each in (("yes", yes), ("no", no)):
        if each.look.background is None:
            yield "contrast_unknown", Severity.FAIL, {"which": name}
        elif (ratio := contrast(each.look.colour, each.look.background)) < CONTRAST:
            yield "contrast_low", Severity.FAIL, {"which": name, "ratio": f"{ratio:.1f}"}


def _hex(colour: RGB) -> str:
    return "#" + "".join(f"{round(each):02x}" for each in colour)
