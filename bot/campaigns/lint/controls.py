"""Links, buttons and boxes among the nodes, what each answers, and which yes belongs to which no."""

from __future__ import annotations

from dataclasses import dataclass

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Choice, Control, Look, Node, Polarity
from bot.campaigns.lint.tree import children

LONE = frozenset(("td", "th", "div", "span", "p", "center", "b", "strong", "font", "label", "li", "table", "tbody",
                  "tr", "em", "i", "big", "small", "section"))
SUBMITS = frozenset(("submit", "button", "image"))
MAX = 200  # controls looked at; more than that is a finding by itself


def polarity(text: str, language: str) -> Polarity:
    """What a label answers: by its first word, else by the phrases that refuse, then those that accept."""
    if words.begins(text, language, "no"):
        return Polarity.NO
    if words.begins(text, language, "yes"):
        return Polarity.YES
    if words.find(text, language, "refuse"):
        return Polarity.NO
    return Polarity.YES if words.find(text, language, "accept") else Polarity.OTHER


@dataclass(slots=True)
class Page:
    """The nodes with what is asked of them again and again."""

    nodes: tuple[Node, ...]
    below: list[list[int]]
    inner: list[str]  # words inside each node, images by their alternative text
    before: list[int]  # visible words before each node

    def holder(self, index: int, wanted: tuple[str, ...]) -> Node | None:
        """The nearest ancestor of such a kind."""
        above = self.nodes[index].parent
        while above >= 0 and self.nodes[above].tag not in wanted:
            above = self.nodes[above].parent
        return self.nodes[above] if above >= 0 else None


def page(nodes: tuple[Node, ...]) -> Page:
    """Prepare the nodes, in linear time but for the depth of the tree."""
    inner = [_own_words(node) for node in nodes]
    for index in range(len(nodes) - 1, -1, -1):
        parent = nodes[index].parent
        if parent >= 0 and inner[index] and len(inner[parent]) < words.MAX:
            inner[parent] = f"{inner[index]} {inner[parent]}".strip()
    before, seen = [], 0
    for node in nodes:
        before.append(seen)
        seen += words.count(node.text) if node.tag == "#text" and node.look.shown else 0
    return Page(nodes, children(nodes), inner, before)


def _own_words(node: Node) -> str:
    if node.tag == "#text":
        return " ".join(node.text.split())
    return node.attrs.get("value", "") if node.tag == "input" and _kind(node) == "button" else ""


def _kind(node: Node) -> str:
    if node.tag == "a" and "href" in node.attrs:
        return "link"
    kind = node.attrs.get("type", "text").lower()
    if node.tag == "button" or (node.tag == "input" and kind in SUBMITS) or node.attrs.get("role") == "button":
        return "button"
    if node.tag == "input" and kind in ("checkbox", "radio"):
        return "box"
    return "button" if "onclick" in node.attrs else ""


def controls(shown: Page, language: str) -> tuple[Control, ...]:
    """Everything that can be followed, pressed or ticked, in document order."""
    found = [(index, kind) for index, node in enumerate(shown.nodes) if (kind := _kind(node))][:MAX]
    inside = [0] * len(shown.nodes)
    for index, _ in found:
        inside[index] += 1
    for index in range(len(shown.nodes) - 1, 0, -1):
        if shown.nodes[index].parent >= 0:
            inside[shown.nodes[index].parent] += inside[index]
    return tuple(_control(shown, index, kind, inside, language) for index, kind in found)


def _control(shown: Page, index: int, kind: str, inside: list[int], language: str) -> Control:
    node = shown.nodes[index]
    text = _label(shown, index, kind)
    box, container = _box(shown, index, text, inside)
    form = shown.holder(index, ("form",))
    method = node.attrs.get("formmethod") or (form.attrs.get("method", "get") if form else "get")
    target = node.attrs.get("href") or node.attrs.get("formaction") or (form.attrs.get("action", "") if form else "")
    return Control(kind=kind, polarity=polarity(text, language), text=text, href=target.strip(), attrs=node.attrs,
                   look=_text_look(shown, index), box=box, container=container, words_before=shown.before[index],
                   to_all=bool(words.find(text, language, "all")), method=method.lower())


def _label(shown: Page, index: int, kind: str) -> str:
    if kind != "box":
        return shown.inner[index]
    wanted = shown.nodes[index].attrs.get("id")
    label = next((shown.inner[each] for each, node in enumerate(shown.nodes[:5_000])
                  if wanted and node.tag == "label" and node.attrs.get("for") == wanted), "")
    if label:
        return label
    parent = shown.nodes[index].parent
    after = [each for each in (shown.below[parent] if parent >= 0 else []) if each > index]
    return next((shown.inner[each] for each in after if shown.inner[each]), shown.nodes[index].attrs.get("value", ""))


def _text_look(shown: Page, index: int) -> Look:
    """The look of its longest run of words; of itself when it has none."""
    best, stack = index, list(shown.below[index])
    longest = 0
    while stack:
        each = stack.pop()
        stack.extend(shown.below[each])
        if shown.nodes[each].tag == "#text" and len(shown.inner[each]) > longest:
            best, longest = each, len(shown.inner[each])
    return shown.nodes[best].look


def _box(shown: Page, index: int, text: str, inside: list[int]) -> tuple[Look, int]:
    """What looks like the button: the control or the largest element around it that holds nothing else and is
    painted or padded; and the index of what holds that.
    """
    top = box = index
    while (parent := shown.nodes[top].parent) >= 0 and shown.nodes[parent].tag in LONE and (
            inside[parent] == inside[index] and shown.inner[parent] == text):
        if _painted(shown, parent):
            box = parent
        top = parent
    return shown.nodes[box].look, shown.nodes[top].parent


def _painted(shown: Page, index: int) -> bool:
    above = shown.nodes[index].parent
    behind = shown.nodes[above].look.background if above >= 0 else (255.0, 255.0, 255.0)
    return shown.nodes[index].tag in ("td", "th", "div", "span") and shown.nodes[index].look.background != behind


def choices(shown: Page, found: tuple[Control, ...]) -> tuple[Choice, ...]:
    """Each yes with its no: the next one of the same container, else the nearest that is left."""
    yes = [each for each in found if each.polarity is Polarity.YES and each.look.shown]
    no = [each for each in found if each.polarity is Polarity.NO]
    made: list[Choice] = []
    for one in yes:
        near = next((each for each in no if each.container == one.container), None)
        if near is None:
            alone = [each for each in no if not any(other.container == each.container for other in yes)]
            near = min(alone, key=lambda each: abs(each.words_before - one.words_before), default=None)
        if near is not None:
            no = [each for each in no if each is not near]
        made.append(Choice(one, near, _row(shown, one, near)))
    return (*made, *(Choice(None, each, _row(shown, each, None)) for each in no))


def _row(shown: Page, one: Control, other: Control | None) -> str:
    """The words around a choice that name what it is about: of the smallest element that has more than the answers."""
    at, answers = one.container, len(one.text) + (len(other.text) if other else 0)
    while at >= 0 and len(shown.inner[at]) <= answers + 3:
        at = shown.nodes[at].parent
    return shown.inner[at][:2_000] if at >= 0 and shown.nodes[at].tag not in ("body", "html") else ""
