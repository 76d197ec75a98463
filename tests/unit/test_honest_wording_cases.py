"""Cases that authorities punished, and confirm-shaming in each language: none passes."""

import pytest

from bot.campaigns.lint.model import Context
from templates import LANGUAGES
from tests.harness.campaign_mails import BUTTON, NO, YES, button, failing, findings, mail, noted

GREEN = BUTTON.replace("#eeeeee", "#1b7a2f").replace("#111111", "#ffffff")
RED = BUTTON.replace("#eeeeee", "#b3261e").replace("#111111", "#ffffff")
HUBSIDE = """<html lang="fr"><body><form action="https://jeu.example/p" method="post"><div>
<button type="submit"
style="background:#e00000;color:#fff;font-size:28px;font-weight:bold;padding:20px 80px">VALIDER</button>
</div><p style="font-size:12px;color:#777">En validant vous acceptez de recevoir les offres de nos partenaires. Vous
pouvez <a href="https://jeu.example/non"
style="color:#777;text-decoration:none">continuer sans accepter</a>.</p></form>"""
FORIOU = """<html lang="fr"><body><p>Remplissez ce formulaire pour participer au jeu concours et gagner un
téléphone.</p>
<form action="https://jeu.example/p" method="post"><button type="submit" style="font-size:22px">Je participe</button>
<p style="font-size:10px">En participant j'accepte de recevoir par e-mail, SMS et téléphone les offres des
partenaires.</p>
</form>"""
FLYBE = """<html lang="en"><body><p>Please update your details and your marketing preferences. You may be entered into a
prize draw.</p><p><a href="https://flybe.example/update?email=anna@example.org">Confirm</a></p>"""
HONDA = """<html lang="en"><body><p>Would you like to hear from Honda?</p><table><tr>
<td><a href="https://honda.example/a/Qk3vZ8r1Wm5pXt7yB2"
style="display:block;padding:9px;color:#111">Yes, I would</a></td>
<td><a href="https://honda.example/a/Qk3vZ8r1Wm5pXt7yB3"
style="display:block;padding:9px;color:#111">No, I would not</a></td>
</tr></table>"""
SHAMING = {
    "fr": "Non, je préfère payer plus cher", "en": "No, I prefer to pay full price",
    "de": "Nein, ich möchte lieber mehr bezahlen", "es": "No, prefiero pagar más",
    "it": "No, preferisco pagare di più", "nl": "Nee, ik wil liever meer betalen",
    "pt": "Não, prefiro pagar mais", "pl": "Nie, wolę płacić więcej",
}
LAST = {
    "fr": "C’est votre dernière chance.", "en": "This is your last chance.", "de": "Das ist Ihre letzte Chance.",
    "es": "Es su última oportunidad.", "it": "È la sua ultima occasione.", "nl": "Dit is uw laatste kans.",
    "pt": "É a sua última oportunidade.", "pl": "To ostatnia szansa.",
}
PRIZE = {
    "fr": "Un tirage au sort récompense les réponses.", "en": "Answers take part in a prize draw.",
    "de": "Unter allen Antworten verlosen wir einen Preis.", "es": "Participará en un sorteo.",
    "it": "Partecipa a un’estrazione.", "nl": "U maakt kans in een loterij.", "pt": "Participa num sorteio.",
    "pl": "Biorą Państwo udział w losowaniu.",
}
SILENCE = {
    "fr": "Sans réponse de votre part, vous acceptez.", "en": "If you do nothing, you will continue to hear from us.",
    "de": "Wenn Sie nicht antworten, schreiben wir Ihnen weiterhin.", "es": "Si no responde, seguirá recibiéndolos.",
    "it": "Se non risponde, continuerà a riceverli.", "nl": "Als u niet antwoordt, blijft u ingeschreven.",
    "pt": "Se não responder, continuará a receber.", "pl": "Brak odpowiedzi oznacza zgodę.",
}
FLYBE_SUBJECT = {
    "fr": "Vos informations sont-elles correctes ?", "en": "Are your details correct?",
    "de": "Sind Ihre Angaben korrekt?", "es": "¿Sus datos son correctos?", "it": "I suoi dati sono corretti?",
    "nl": "Zijn uw gegevens juist?", "pt": "Os seus dados estão corretos?", "pl": "Czy Twoje dane są poprawne?",
}


def said(html: str, language: str, subject: str = "x") -> set[str]:
    return failing(findings(html, subject=subject, context=Context(language=language)))


def test_hubside_a_big_button_against_a_small_link_in_the_text() -> None:
    found = said(HUBSIDE, "fr")
    assert {"DP01.kind_differs", "DP01.place_differs", "DP02.font_differs", "DP02.weight_differs", "DP02.area_differs",
            "DP02.colour_differs", "DP02.capitals_differ"} <= found


def test_foriou_a_form_that_only_takes_part() -> None:
    found = said(FORIOU, "fr")
    assert {"DP01.no_missing", "DP04.silence_unsaid", "DP05.several_channels", "DP07.incentive", "DP09.who"} <= found


def test_flybe_details_in_the_subject_and_a_prize_draw() -> None:
    found = said(FLYBE, "en", "Are your details correct?")
    assert {"DP12.misleading", "DP12.asks_not", "DP07.incentive", "DP13.link", "DP01.no_missing"} <= found


def test_honda_asks_fairly_and_tells_nothing() -> None:
    found = said(HONDA, "en", "Would you like to hear from Honda?")
    assert {"DP04.silence_unsaid", "DP08.not_again_unsaid", "DP09.why", "DP09.source", "DP09.duration",
            "DP09.withdraw", "DP09.notice", "DP15.unsaid"} <= found
    assert not {reason for reason in found if reason.startswith(("DP01", "DP02", "DP12"))}


def test_green_for_yes_and_red_for_no_refuses_and_the_reverse_is_told() -> None:
    assert "DP02.colour_differs" in failing(findings(mail(yes=button(YES, style=GREEN), no=button(NO, style=RED))))
    reverse = findings(mail(yes=button(YES, style=RED), no=button(NO, style=GREEN)))
    assert failing(reverse) == set()
    assert noted(reverse) == {"DP02.colour_differs"}


def test_a_refusal_in_grey_at_8_pixels() -> None:
    grey = BUTTON.replace("16px", "8px").replace("#111111", "#bbbbbb")
    found = failing(findings(mail(no=button(NO, style=grey))))
    assert {"DP02.font_differs", "DP02.contrast_low", "DP02.colour_differs", "DP16.small"} <= found


def test_a_ticked_box() -> None:
    box = '<label><input type="checkbox" checked><span>Yes, send me offers</span></label>'
    assert "DP04.chosen_before" in failing(findings(mail(more=box)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_knows_shaming_urgency_prizes_and_silence_for_a_yes(language: str) -> None:
    assert "DP06.shaming" in said(mail(no=button(SHAMING[language]), lang=language), language)
    assert "DP06.urgency" in said(mail(more=LAST[language], lang=language), language)
    assert "DP07.incentive" in said(mail(more=PRIZE[language], lang=language), language)
    assert "DP04.silence_is_yes" in said(mail(more=SILENCE[language], lang=language), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_knows_the_subject_of_flybe(language: str) -> None:
    assert {"DP12.misleading", "DP12.asks_not"} <= said(mail(lang=language), language, FLYBE_SUBJECT[language])
