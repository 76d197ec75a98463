"""Whole messages whose meaning needs no reading: every carrier's keywords in any dress, and never inside a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.intents import Intent
from nlp.replies import exact, plain
from nlp.understanding import Thread

KEYWORDS = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT-OUT", "REMOVE", "TD",
            "ARRET", "ARRÊT", "ARRETE", "ARRETT", "STOP PUB", "STOP SMS", "désabonner", "Abmelden", "BAJA", "basta",
            "afmelden", "sair", "wypisz"]
MATHEMATICAL = ["𝐒𝐓𝐎𝐏", "𝑺𝑻𝑶𝑷", "ＳＴＯＰ"]  # as people style a word where the keyboard has no bold
DRESS = ["{}", " {} ", "{}.", "{}!!!", "{} 🙏", "« {} »", "*{}*", "{} merci", "Bonjour, {} svp", "{}, thank you",
         "{}\n", "{} {}"]
LOOK_ALIKES = ["je passe au bus stop", "stop by the store", "We have got to STOP this terrible bill", "don't stop",
               "cancel my order", "the end", "remove the stain", "non stop", "stop or go?", "ne me désabonnez pas"]


@pytest.mark.parametrize("word", KEYWORDS)
@pytest.mark.parametrize("dress", DRESS)
def test_every_keyword_in_any_dress_is_a_no(word: str, dress: str) -> None:
    for text in (word, word.lower(), word.capitalize()):
        assert exact(dress.format(text, text), Thread.NONE) is Intent.UNSUBSCRIBE


@pytest.mark.parametrize("text", MATHEMATICAL)
def test_a_keyword_in_letters_that_look_bold_is_a_no(text: str) -> None:
    assert exact(text, Thread.NONE) is Intent.UNSUBSCRIBE


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_keyword_inside_a_sentence_is_read_not_matched(text: str) -> None:
    assert exact(text, Thread.RECONSENT) is None


@pytest.mark.parametrize(("text", "wanted"), [
    ("Oui", Intent.GRANT), ("OUI !", Intent.GRANT), ("ja, gerne", Intent.GRANT), ("Sí, acepto", Intent.GRANT),
    ("tak, zgadzam się", Intent.GRANT), ("non merci", Intent.REFUSE), ("Nein, danke.", Intent.REFUSE),
    ("NIE", Intent.REFUSE), ("nee bedankt", Intent.REFUSE), ("não obrigado", Intent.REFUSE),
])
def test_a_yes_or_a_no_only_where_it_was_asked(text: str, wanted: Intent) -> None:
    assert exact(text, Thread.RECONSENT) is wanted
    assert exact(text, Thread.NONE) is None
    assert exact(text, Thread.NEWSLETTER) is None


@pytest.mark.parametrize("text", ["oui et non", "oui stop", "oui mais pas par sms", "yes no", "1 2", "ok?? no"])
def test_a_mixed_answer_is_no_exact_one(text: str) -> None:
    assert exact(text, Thread.RECONSENT) is None


@pytest.mark.parametrize("text", ["Yes?", "Oui ?", "¿Sí?", "Ok ??", "ok 👎", "🚫 yes", "☐ Oui", "[ ] yes", "~~oui~~",
                                  "ok :(", "1", "o", "s", "(oui)", "oui/non", "yes*"])
def test_a_yes_beside_anything_else_is_no_plain_yes(text: str) -> None:
    assert exact(text, Thread.RECONSENT) is None


@given(st.text(max_size=200), st.sampled_from(Thread))
def test_any_text_is_matched_or_not(text: str, thread: Thread) -> None:
    assert exact(text, thread) in (None, Intent.UNSUBSCRIBE, Intent.GRANT, Intent.REFUSE)
    assert plain(plain(text)) == plain(text)
