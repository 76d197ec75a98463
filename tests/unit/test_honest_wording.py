"""Each dark-pattern rule on a mail that is honest and on one spoilt in one way."""

import pytest

from bot.campaigns.lint import RULES, reasons
from bot.campaigns.lint.model import Context
from storage.records import ChannelKind
from tests.harness.campaign_mails import (
    AFTER,
    BEFORE,
    BUTTON,
    LABEL,
    NO,
    PAGE,
    SUBJECT,
    TOKEN,
    YES,
    button,
    failing,
    findings,
    mail,
    noted,
    row,
)

LOUD = BUTTON.replace("#eeeeee", "#00529b").replace("#111111", "#ffffff")
STYLED = "<style>a{font-size:30px}</style>"
FAINT = BUTTON.replace("#111111", "#999999")
BAD = {  # what is spoilt: (the mail, the reasons it is refused for)
    "no_is_missing": (mail(no=""), {"DP01.no_missing"}),
    "yes_is_missing": (mail(yes=""), {"DP01.no_choice"}),
    "no_is_hidden": (mail(no=button(NO, style=BUTTON + ";visibility:hidden")), {"DP01.no_missing"}),
    "no_is_a_link_in_the_text": (mail(rows=row(button(YES), ""), after=f'{AFTER} Or <a href="{PAGE}">refuse</a>.'),
                                 {"DP01.place_differs", "DP02.padding_differs", "DP02.area_differs"}),
    "words_stand_between": (mail(rows=f"<div>{LABEL} {button(YES)} As many others said before. {button(NO)}</div>"),
                            {"DP01.place_differs"}),
    "no_is_off_the_screen": (mail(no=button(NO, style=BUTTON + ";position:fixed;left:-999px")), {"DP01.no_missing"}),
    "no_is_scaled_away": (mail(no=button(NO, style=BUTTON + ";transform:scale(0.1)")), {"DP01.no_missing"}),
    "no_takes_more_reading": (mail(no=button("No, I would prefer not to be sent these messages by you or by others")),
                              {"DP01.no_wordy"}),
    "kinds_differ": (mail(no=f'<button type="submit" style="{BUTTON}">{NO}</button>'), {"DP01.kind_differs"}),
    "no_is_smaller": (mail(no=button(NO, style=BUTTON.replace("16px", "13px"))), {"DP02.font_differs"}),
    "yes_is_bold": (mail(yes=button(YES, style=BUTTON.replace("400", "700"))), {"DP02.weight_differs"}),
    "yes_is_padded": (mail(yes=button(YES, style=BUTTON.replace("12px", "30px"))),
                      {"DP02.padding_differs", "DP02.area_differs"}),
    "yes_is_in_brand": (mail(yes=button(YES, style=LOUD)), {"DP02.colour_differs"}),
    "yes_is_in_capitals": (mail(yes=button(YES.upper())), {"DP02.capitals_differ"}),
    "both_are_faint": (mail(yes=button(YES, style=FAINT), no=button(NO, style=FAINT)), {"DP02.contrast_low"}),
    "behind_it_is_a_picture": (mail(yes=button(YES, style=BUTTON + ";background-image:linear-gradient(red,blue)")),
                               {"DP02.contrast_unknown"}),
    "looks_are_in_a_style_sheet": (mail(more=STYLED), {"DP02.style_sheet"}),
    "no_by_mail_yes_by_click": (mail(no=button(NO, href="mailto:privacy@acme.example")), {"DP03.no_longer"}),
    "no_leads_nowhere": (mail(no=button(NO, href="#")), {"DP03.no_longer"}),
    "no_at_a_login": (mail(no=button(NO, href=f"https://acme.example/login/{TOKEN}")), {"DP03.hurdle"}),
    "no_elsewhere": (mail(no=button(NO, href=f"https://other.example/a/{TOKEN}")), {"DP03.other_site"}),
    "login_wanted": (mail(after=AFTER + " Log in to answer."), {"DP03.login"}),
    "reason_wanted": (mail(after=AFTER + " If no, tell us why."), {"DP03.reason_wanted"}),
    "ticked": (mail(more='<input type="checkbox" checked id="x"><label for="x">Yes, all news</label>'),
               {"DP04.chosen_before"}),
    "silence_is_yes": (mail(after=AFTER + " By continuing you agree."), {"DP04.silence_is_yes"}),
    "silence_unsaid": (mail(before=BEFORE.replace("No answer means no, and we", "We")), {"DP04.silence_unsaid"}),
    "two_channels": (mail(rows=row(button(YES), button(NO), "News by e-mail and SMS, once a month.")),
                     {"DP05.several_channels"}),
    "all_alone": (mail(yes=button("Yes to all"), no=button("No to all")), {"DP05.all_alone"}),
    "shaming": (mail(no=button("No, I prefer to pay more")), {"DP06.shaming"}),
    "urgent": (mail(after=AFTER + " This is your last chance."), {"DP06.urgency"}),
    "countdown": (mail(after=AFTER + " 11:59:59"), {"DP06.countdown"}),
    "emotion": (mail(yes=button(YES + "!")), {"DP06.emotion"}),
    "prize": (mail(after=AFTER + " Every yes enters a prize draw."), {"DP07.incentive"}),
    "discount": (mail(after=AFTER + " -20 % for you."), {"DP07.percent"}),
    "asks_again": (mail(after=AFTER + " We will keep asking."), {"DP08.asks_again"}),
    "not_again_unsaid": (mail(before=BEFORE.replace(", and we will not ask again", "")), {"DP08.not_again_unsaid"}),
    "nobody_asks": (mail(before=BEFORE.replace("Acme is writing to you because", "As")), {"DP09.who"}),
    "no_reason_is_given": (mail(before=BEFORE.replace("because we can no longer prove that you agreed", "today")),
                           {"DP09.why"}),
    "no_source": (mail(after=AFTER.partition("2021. ")[2]), {"DP09.source"}),
    "no_duration": (mail(after=AFTER.replace("A yes lasts 3 years. ", "")), {"DP09.duration"}),
    "no_frequency": (mail(rows=row(button(YES), button(NO), "The newsletter, by e-mail.")), {"DP09.often"}),
    "no_notice": (mail().replace("Privacy notice", "More"), {"DP09.notice"}),
    "long": (mail(before=BEFORE + " We have written to you before about this. " * 15), {"DP10.long"}),
    "another_language": (mail(lang="en", before="Acme vous écrit parce que nous ne pouvons plus prouver que vous avez "
                              "accepté nos messages. Sans réponse, c'est non. Nous ne le redemanderons pas, et nous "
                              "cesserons de vous écrire après la date de clôture, comme la loi le veut."),
                         {"DP10.language"}),
    "pictures": (mail(yes=button('<img src="cid:a">'), no=button('<img src="cid:b">')), {"DP01.no_choice"}),
    "yes_negative": (mail(yes=button("Yes, do not remove me")), {"DP11.yes_negative"}),
    "no_twice": (mail(no=button("No, do not stop sending it")), {"DP11.no_double"}),
    "opt_out_box": (mail(more='<label><input type="checkbox"><span>No, do not send</span></label>'),
                    {"DP11.tick_against"}),
    "question_twice": (mail(after=AFTER + " Would you not like us to stop?"), {"DP11.question_double"}),
    "promotion": (mail(after=AFTER + " Shop now."), {"DP13.promotion"}),
    "price": (mail(after=AFTER + " From 9 €."), {"DP13.promotion"}),
    "remote_image": (mail(more='<img src="https://acme.example/logo.png" alt="Acme">'), {"DP13.remote"}),
    "remote_background": (mail(more='<div style="background:url(https://t.example/p)">x</div>'), {"DP13.remote"}),
    "pixel": (mail(more='<img src="data:image/gif;base64,R0" width="1" height="1" alt="">'), {"DP13.pixel"}),
    "address_in_link": (mail(yes=button(YES, href="https://acme.example/a?email=anna%40example.org")), {"DP13.link"}),
    "number_in_link": (mail(yes=button(YES, href="https://acme.example/user/48213")), {"DP13.link"}),
    "campaign_in_link": (mail(yes=button(YES, href=PAGE + "?utm_source=mail&utm_campaign=x")), {"DP13.link"}),
    "link_records_yes": (mail(yes=button(YES, href=f"https://acme.example/confirm/{TOKEN}")), {"DP14.records"}),
    "yes_without_tls": (mail(yes=button(YES, href=PAGE.replace("https", "http"))), {"DP14.scheme"}),
    "script": (mail(more="<script>document.forms[0].submit()</script>"), {"DP14.script"}),
    "prefetch": (mail(more=f'<link rel="prefetch" href="{PAGE}">'), {"DP14.script"}),
    "withdrawal_unsaid": (mail(after=AFTER.split(" You can change")[0]), {"DP15.unsaid"}),
    "withdrawal_by_letter": (mail(after=AFTER.replace("reply STOP to any of our messages", "by letter")),
                             {"DP15.harder"}),
    "not_by_keyboard": (mail(no=button(NO, more='tabindex="-1"')), {"DP16.keyboard"}),
    "hidden_from_readers": (mail(no=button(NO, more='aria-hidden="true"')), {"DP16.disabled"}),
    "small_print": (mail(yes=button(YES, style=BUTTON.replace("16px", "9px")),
                         no=button(NO, style=BUTTON.replace("16px", "9px"))), {"DP16.small"}),
    "same_words": (mail(yes=button("Yes or no"), no=button("Yes or no")), {"DP01.no_missing"}),
    "wordless": (mail(more='<a href="https://acme.example/x"></a>'), {"DP16.wordless"}),
    "no_language": (mail().replace('<html lang="en">', "<html>"), {"DP16.lang"}),
}


def test_the_honest_mail_passes_every_rule() -> None:
    assert findings(mail()) == []


@pytest.mark.parametrize("name", BAD)
def test_one_way_of_spoiling_it_is_found(name: str) -> None:
    html, wanted = BAD[name]
    found = failing(findings(html))
    assert wanted <= found, found


def test_every_rule_has_an_example_that_it_refuses() -> None:
    refused = {reason.partition(".")[0] for _, wanted in BAD.values() for reason in wanted}
    assert refused | {"DP12"} == {rule.ID for rule in RULES}


@pytest.mark.parametrize("subject", ["Are your details correct?", "Win a car", "Re: your order", "Spring is here", "",
                                     f"Do you still want our newsletter? {'It is about our products. ' * 3}"])
def test_a_subject_that_says_something_else_is_refused(subject: str) -> None:
    assert "DP12" in {reason[:4] for reason in failing(findings(mail(), subject=subject))}


@pytest.mark.parametrize("style", [BUTTON.replace("16px", "20px"), BUTTON.replace("400", "700"),
                                   BUTTON.replace("12px", "20px"), LOUD])
def test_making_no_easier_than_yes_is_told_and_refuses_nothing(style: str) -> None:
    found = findings(mail(no=button(NO, style=style)))
    assert failing(found) == set()
    assert "DP02" in {reason[:4] for reason in noted(found)}


def test_a_no_in_one_click_beside_a_yes_by_mail_is_no_dark_pattern() -> None:
    assert failing(findings(mail(yes=button(YES, href="mailto:join@acme.example?subject=YES")))) == set()


def test_a_no_alone_beside_the_choices_is_no_dark_pattern() -> None:
    assert failing(findings(mail(more=f"<p>{button('No to everything')}</p>"))) == set()


def test_all_beside_single_choices_passes_and_a_larger_all_does_not() -> None:
    rows = row(button(YES), button(NO)) + row(button(YES), button(NO), "Offers, by SMS, once a month.")
    both = row(button("Yes to all"), button("No to all"), "For all of the above")
    assert failing(findings(mail(rows=rows + both))) == set()
    large = BUTTON.replace("16px", "24px")
    louder = row(button("Yes to all", style=large), button("No to all", style=large), "For all of the above")
    assert failing(findings(mail(rows=rows + louder))) == {"DP05.all_louder"}


def test_what_the_campaign_asks_for_must_be_there() -> None:
    known = Context(sender="Acme", purposes=("newsletter", "offers"), channels=("e-mail",))
    assert failing(findings(mail(), context=known)) == {"DP05.too_few", "DP09.what"}
    assert failing(findings(mail(), context=Context(sender="Other Ltd"))) == {"DP09.who"}
    both = mail(rows=row(button(YES), button(NO), "Newsletter and offers, by e-mail, once a month."))
    assert "DP05.several_purposes" in failing(findings(both, context=known))


@pytest.mark.parametrize(("reminders", "wanted"), [((), set()), ((7,), set()), ((6,), {"DP08.reminder_soon"}),
                                                   ((7, 14), {"DP08.reminders"})])
def test_one_reminder_after_a_week_at_most(reminders: tuple[int, ...], wanted: set[str]) -> None:
    assert failing(findings(mail(), context=Context(reminders=reminders))) == wanted


def test_the_text_part_must_stand_alone() -> None:
    found = failing(findings(mail(), text="See the HTML."))
    assert {"DP01.no_choice", "DP04.silence_unsaid", "DP09.who", "DP15.unsaid"} <= found
    text = f"{BEFORE}\n{LABEL}\n{YES}: {PAGE}\n{NO}: {PAGE}\n{AFTER}\nPrivacy notice: https://acme.example/privacy\n"
    assert findings(mail(), text=text) == []
    assert "DP13.link" in failing(findings(mail(), text=text + "https://acme.example/?id=4711\n"))


def test_required_words_that_nobody_can_see_are_not_said() -> None:
    for style in ("display:none", "font-size:6px", "color:#fefefe;background-color:#ffffff"):
        hidden = mail(before="Acme is writing to you because we can no longer prove that you agreed.",
                      more=f'<p style="{style}">No answer means no, and we will not ask again.</p>')
        assert {"DP04.silence_unsaid", "DP08.not_again_unsaid"} <= failing(findings(hidden)), style


def test_an_sms_says_yes_and_no_silence_and_stop() -> None:
    context = Context(channel=ChannelKind.SMS)
    good = "Acme: still want our SMS? Reply YES or NO. No answer = no. To end: reply STOP. Info: https://a.example/n"
    assert findings("", text=good, context=context) == []
    assert failing(findings("", text="Win! Reply YES", context=context)) == {
        "DP01.no_choice", "DP04.silence_unsaid", "DP07.incentive", "DP09.who", "DP09.withdraw", "DP09.notice",
        "DP15.unsaid"}
    assert "DP10.segments" in noted(findings("", text=good + " Ω€" * 40, context=context))


def test_every_finding_can_be_said_in_both_languages() -> None:
    used = {(each.rule, each.reason) for html, _ in BAD.values() for each in findings(html, subject=SUBJECT)}
    for html, _ in BAD.values():
        for each in findings(html):
            for language in reasons.LANGUAGES:
                assert "{" not in reasons.why(each, language) + reasons.fix(each, language)
    assert len(used) > 50
