"""What holds of any two answers and of any HTML."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.campaigns.lint import RULES, colour, lint, reasons
from bot.campaigns.lint.model import Context, Finding, Severity
from bot.campaigns.lint.read import rendered
from bot.campaigns.lint.rules import both_answers, equal_look
from templates import LANGUAGES
from tests.harness.campaign_mails import BUTTON, NO, SUBJECT, YES, button, findings, mail, read, row

COLOURS = st.sampled_from(["#111111", "#ffffff", "#eeeeee", "#00529b", "#1b7a2f", "#b3261e", "#777777", "gold"])
STYLE = st.builds(
    "display:block;padding:{}px;background-color:{};color:{};font-size:{}px;font-weight:{}".format,
    st.integers(0, 40), COLOURS, COLOURS, st.integers(6, 40), st.sampled_from([400, 700]))
PIECES = st.sampled_from([
    "<a href='https://x.example/", "yes", "no", "Yes, ", "No, ", "'>", "</a>", "<table>", "<tr>", "<td style='",
    "color:", "rgba(1,2,", "font-size:1e9px;", "font-size:-3em;", "background:url(", "width:0%;", "</td>",
    "<input checked ", "<p>", "type=checkbox>", "<style>", "</style>", "<script>", "&#0;", "&lt;", "\x00", "\ud7ff",
    "<!--", "-->", "<![CDATA[", "<div style=\"opacity:0\">", "<label for=", "<form method=post>", "<img src=",
    "http://[::1", "%zz", "?a=b&c", "<a href", "'\"><", "<button>", "No answer means no", "?", "<html lang=",
    "</html>", "hidden", ">", "<svg>", "<b>", "&" * 9,
])
HOSTILE = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))


def looks(html: str) -> list[Finding]:
    return list(equal_look.check(read(html)))


@given(STYLE, STYLE)
def test_which_of_them_stands_first_changes_no_verdict(ours: str, theirs: str) -> None:
    yes, no = button(YES, style=ours), button(NO, style=theirs)
    forward, backward = findings(mail(yes=yes, no=no)), findings(mail(yes=no, no=yes))
    assert {(f.rule, f.reason, f.severity) for f in forward} == {(f.rule, f.reason, f.severity) for f in backward}


@given(STYLE, STYLE)
def test_a_difference_is_found_whichever_of_them_has_it(ours: str, theirs: str) -> None:
    """With words of one length, exchanging the looks changes whether it refuses, never what is found."""
    one = looks(mail(yes=button("Yes, send it", style=ours), no=button("No, not this", style=theirs)))
    other = looks(mail(yes=button("Yes, send it", style=theirs), no=button("No, not this", style=ours)))
    assert {f.reason for f in one} == {f.reason for f in other}
    noted = {f.reason for f in one if f.severity is Severity.NOTE}
    refused = {f.reason for f in other if f.severity is Severity.FAIL}
    assert noted <= refused  # what speaks for no here speaks for yes there


@given(STYLE)
def test_equal_answers_are_equal_whatever_they_look_like(style: str) -> None:
    same = looks(mail(yes=button("Yes, send it", style=style), no=button("No, not this", style=style)))
    assert {f.reason for f in same} <= {"contrast_low"}


@given(STYLE, STYLE, st.sampled_from([2, 3]))
def test_scaling_both_alike_changes_nothing(ours: str, theirs: str, factor: int) -> None:
    def larger(style: str) -> str:
        return re.sub(r"(\d+)px", lambda found: f"{int(found[1]) * factor}px", style)

    def page(yes: str, no: str, width: int) -> str:
        return mail(rows=row(button("Yes, send it", style=f"{yes};width:{width}px"),
                             button("No, not this", style=f"{no};width:{width}px")))
    small = looks(page(ours, theirs, 400))
    large = looks(page(larger(ours), larger(theirs), 400 * factor))
    assert {(f.reason, f.severity) for f in small} == {(f.reason, f.severity) for f in large}


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=2_000)
@given(HOSTILE, st.text(max_size=80), HOSTILE, st.sampled_from(LANGUAGES))
def test_any_html_ends_in_findings(html: str, subject: str, text: str, language: str) -> None:
    found = lint(rendered(Context(language=language), subject=subject, html=html, text=text))
    for each in found:
        assert reasons.why(each)
        assert reasons.fix(each, "fr")
        assert each.rule in {rule.ID for rule in RULES}


def test_deep_wide_and_long_html_ends_soon() -> None:
    for html in ("<div>" * 30_000 + "yes", "<a href='x'>Yes</a>" * 10_000, "<td>" * 20_000, "Yes " * 300_000,
                 "<a href='" + "x" * 500_000 + "'>No</a>", "<p style='" + "color:red;" * 50_000 + "'>x",
                 "<input type=checkbox id=a>" * 5_000 + "<label for=a>no</label>"):
        assert findings(html)


def test_white_on_black_has_the_contrast_that_wcag_gives() -> None:
    assert round(colour.contrast((0, 0, 0), (255, 255, 255)), 2) == 21
    assert round(colour.contrast((118, 118, 118), (255, 255, 255)), 2) == 4.54
    assert round(colour.contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48


@given(st.text(max_size=40))
def test_any_word_is_a_colour_or_none(text: str) -> None:
    found = colour.parse(text)
    assert found is None or (all(0 <= each <= 255 for each in found[0]) and 0 <= found[1] <= 1)


def test_a_choice_is_found_in_every_position() -> None:
    for yes, no in ((YES, NO), (NO, YES)):
        message = read(mail(rows=row(button(yes, style=BUTTON), button(no, style=BUTTON))), subject=SUBJECT)
        assert not list(both_answers.check(message))
