"""Which channels and purposes are meant, in eight languages; what is no scope; and hostile texts."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.intents import Intent
from nlp.scope import ScopeReader, ScopeReading
from nlp.scope.folding import fold
from nlp.scope.lexicon import BESIDE, LANGUAGES, SHARED, WORD, Lexicon, phrases, table
from nlp.text import split
from nlp.understanding import ALL, Scope

KEYS = ("newsletter", "offers", "events", "partners", "profiling", "loyalty")
CHANNELS = ("email", "sms", "phone", "post", "chat")
PURPOSES: dict[str, tuple[str, ...]] = dict.fromkeys(KEYS, ())
STOP, REFUSE, GRANT, SUBSCRIBE = Intent.UNSUBSCRIBE, Intent.REFUSE, Intent.GRANT, Intent.SUBSCRIBE
CORPUS = Path(__file__).parents[2] / "nlp" / "corpus"
READER = ScopeReader()


def read(text: str, language: str, *intents: Intent) -> ScopeReading:
    return READER.read(text, language, PURPOSES, intents)


def but(*keys: str, among: tuple[str, ...] = KEYS) -> tuple[str, ...]:
    return tuple(key for key in among if key not in keys)


@pytest.mark.parametrize(("language", "text", "channels", "purposes"), [
    ("fr", "Plus aucun SMS s'il vous plaît", ("sms",), (ALL,)),
    ("fr", "N'appelez plus, les mails ça va", ("phone",), (ALL,)),
    ("fr", "Gardez-moi uniquement pour les invitations et arrêtez tout le reste.", (ALL,), but("events")),
    ("fr", "newsletter oui, SMS non", ("sms",), (ALL,)),
    ("fr", "Arrêtez vos offres par mail.", ("email",), ("offers",)),
    ("fr", "Coupez tout sauf les points de fidélité", (ALL,), but("loyalty")),
    ("en", "Stop RINGING me. Post is fine", ("phone",), (ALL,)),
    ("en", "No more texts please, just email me", but("email", among=CHANNELS), (ALL,)),
    ("en", "Everything except the event invitations can stop", (ALL,), but("events")),
    ("en", "Keep the newsletter, stop the rest", (ALL,), but("newsletter")),
    ("en", "no texts no calls please", ("sms", "phone"), (ALL,)),
    ("de", "Keine SMS mehr bitte", ("sms",), (ALL,)),
    ("de", "Bitte rufen Sie mich nicht mehr an", ("phone",), (ALL,)),
    ("de", "Schickt mir nur noch die Einladungen, alles andere bitte nicht mehr", (ALL,), but("events")),
    ("es", "No me llamen más", ("phone",), (ALL,)),
    ("es", "El boletín sí, el resto ya no lo quiero", (ALL,), but("newsletter")),
    ("it", "Basta telefonate", ("phone",), (ALL,)),
    ("it", "Tenetemi solo la rivista, il resto fermatelo", (ALL,), but("newsletter")),
    ("nl", "geen sms meer aub", ("sms",), (ALL,)),
    ("nl", "De nieuwsbrief graag, al het overige niet meer", (ALL,), but("newsletter")),
    ("pt", "tirem o SMS por favor", ("sms",), (ALL,)),
    ("pt", "Só os convites podem continuar, o resto parem", (ALL,), but("events")),
    ("pl", "Proszę nie dzwonić", ("phone",), (ALL,)),
    ("pl", "Zostawcie tylko biuletyn, reszty nie chcę", (ALL,), but("newsletter")),
])
def test_what_is_stopped(language: str, text: str, channels: tuple[str, ...], purposes: tuple[str, ...]) -> None:
    found = read(text, language, STOP)
    assert found.doubt is None
    assert found.scope == Scope(channels, purposes, explicit=True)


@pytest.mark.parametrize(("language", "text", "channels", "purposes"), [
    ("fr", "oui à la newsletter, non au reste", (ALL,), ("newsletter",)),
    ("fr", "par mail oui, par sms non", ("email",), (ALL,)),
    ("fr", "D'accord mais qu'on ne m'appelle pas", but("phone", among=CHANNELS), (ALL,)),
    ("en", "Yes by email, nothing else", ("email",), (ALL,)),
    ("en", "You: yes. Your partners: no.", (ALL,), but("partners")),
    ("en", "Yes to everything except the events", (ALL,), but("events")),
    ("de", "ja zu den Einladungen, nein zum Rest", (ALL,), ("events",)),
    ("es", "Todo bien salvo el teléfono", but("phone", among=CHANNELS), (ALL,)),
    ("it", "Eventi si, sconti no", (ALL,), ("events",)),
    ("nl", "ja voor mail nee voor bellen en sms", ("email",), (ALL,)),
    ("pt", "mail sim, tlm não", ("email",), (ALL,)),
    ("pl", "wy tak, wasi partnerzy nie", (ALL,), but("partners")),
])
def test_a_yes_with_a_no(language: str, text: str, channels: tuple[str, ...], purposes: tuple[str, ...]) -> None:
    found = read(text, language, GRANT, REFUSE)
    assert found.doubt is None
    assert (found.scope.granted_channels, found.scope.granted_purposes) == (channels, purposes)
    refused = set(found.scope.channels) - {ALL} | set(found.scope.purposes) - {ALL}
    assert refused, "what is not granted is refused"
    assert not refused & (set(channels) | set(purposes))


@pytest.mark.parametrize(("language", "text", "channels", "purposes"), [
    ("fr", "oui pour les promos par sms", ("sms",), ("offers",)),
    ("en", "Yes to the monthly newsletter by email", ("email",), ("newsletter",)),
    ("de", "Den Newsletter ja, gerne", (ALL,), ("newsletter",)),
    ("es", "sí a las ofertas por correo", ("email",), ("offers",)),
    ("it", "ok solo per mail", ("email",), (ALL,)),
    ("nl", "via mail is het goed voor mij", ("email",), (ALL,)),
    ("pt", "Por e-mail, autorizo.", ("email",), (ALL,)),
    ("pl", "tak, ale tylko smsem", ("sms",), (ALL,)),
])
def test_a_limited_yes(language: str, text: str, channels: tuple[str, ...], purposes: tuple[str, ...]) -> None:
    found = read(text, language, GRANT)
    assert (found.scope.granted_channels, found.scope.granted_purposes) == (channels, purposes)
    assert (found.scope.channels, found.scope.purposes) == ((ALL,), (ALL,))


def test_a_yes_to_one_channel_grants_no_other() -> None:
    """"Mail yes, texts no" says nothing of the telephone: it is not granted."""
    assert read("ok pour les mails mais pas de textos", "fr", GRANT, REFUSE).scope.granted_channels == ("email",)


@pytest.mark.parametrize(("language", "text", "intents"), [
    ("en", "STOP", (STOP,)),
    ("en", "Please take me off your mailing list.", (STOP,)),
    ("en", "Take me off. If there is a question, call me.", (STOP,)),
    ("en", "Please send the paperwork by post to my new address", (Intent.RECTIFICATION,)),
    ("fr", "Mettez à jour mon adresse, le courrier part encore rue Haute", (Intent.RECTIFICATION,)),
    ("fr", "Je m'appelle Christophe et je me désinscris, merci", (STOP,)),
    ("en", "Unsubscribe me.\n\nThis e-mail is confidential; no calls recorded.", (STOP,)),
    ("fr", "Supprimez mon profil et arrêtez d'écrire", (Intent.ERASURE, STOP)),
    ("de", "Bitte abmelden", (STOP,)),
    ("es", "Denme de baja", (STOP,)),
    ("it", "Cancellatemi dalla lista", (STOP,)),
    ("nl", "Schrijf mij uit", (STOP,)),
    ("pt", "Quero sair da lista", (STOP,)),
    ("pl", "Proszę mnie wypisać", (STOP,)),
    ("en", "The text on your poster has a typo, and the phone on it rings out", (Intent.OTHER,)),
])
def test_no_scope_is_said(language: str, text: str, intents: tuple[Intent, ...]) -> None:
    found = read(text, language, *intents)
    assert found.scope == Scope()
    assert found.doubt is None


def test_no_more_offers_is_no_more_of_anything_unless_something_is_kept() -> None:
    assert read("Arrêtez vos promotions", "fr", STOP).scope == Scope()
    assert read("Arrêtez vos promotions, la gazette je la garde", "fr", STOP).scope.purposes == ("offers",)


def test_do_not_write_nor_call_is_every_channel() -> None:
    assert read("Please do not call or write to me", "en", STOP).scope.channels == (ALL,)


@pytest.mark.parametrize(("language", "text", "intents"), [
    ("fr", "Plus de SMS sauf pour les urgences", (STOP,)),
    ("en", "Stop everything else", (STOP,)),
    ("en", "Please stop the emails until September", (STOP,)),
    ("en", "Yes, but less often please", (GRANT,)),
    ("en", "No texts. And no invitations.", (STOP,)),
    ("en", "yes and no", (GRANT, REFUSE)),
    ("fr", "gardez juste les sms de la cagnotte fidélité, les autres terminé", (STOP,)),
])
def test_a_limit_that_is_not_understood_is_a_doubt(language: str, text: str, intents: tuple[Intent, ...]) -> None:
    found = read(text, language, *intents)
    assert found.doubt
    assert found.scope == Scope()


def test_the_doubt_quotes_the_words() -> None:
    assert read("Plus de SMS sauf pour les urgences", "fr", STOP).doubt == "the words 'sauf pour' limit what is meant"


def test_a_long_answer_is_read_by_a_person() -> None:
    letter = "Yes to the newsletter. " + "We had a lovely summer by the sea and the dog was ill. " * 6
    assert "a long answer" in (read(letter, "en", GRANT).doubt or "")


def test_purposes_are_the_operators_own() -> None:
    found = READER.read("Keep the parish pump, stop the rest", "en", {"pump": ("Parish Pump",), "alms": ()}, (STOP,))
    assert found.scope.purposes == ("alms",)
    only = READER.read("Keep the newsletter, stop the rest", "en", {"alms": ()}, (STOP,))
    assert only.doubt, "a purpose the operator does not have cannot be kept"
    alone = READER.read("Keep the newsletter, stop the rest", "en", {"newsletter": ()}, (STOP,))
    assert alone.doubt, "nothing would be left to stop"


def test_evidence() -> None:
    text = "Arrêtez les SMS, sauf à ma mère (0612345678), jusqu'en septembre"
    found = read(text, "fr", STOP)
    words = {(text[span.start : span.end], span.label) for span in found.spans}
    assert words >= {("SMS", "channel:sms"), ("sauf", "limit:except"), ("ma mère", "person"), ("0612345678", "handle"),
                     ("jusqu'en septembre", "date")}
    assert (found.handles, found.people, found.dates) == (("0612345678",), ("ma mère",), ("jusqu'en septembre",))


@pytest.mark.parametrize(("language", "text", "handles"), [
    ("en", "my husband's number is 07700 900 671, stop texting it", ("07700 900 671",)),
    ("fr", "Merci de ne plus écrire à bob@example.org", ("bob@example.org",)),
    ("en", "my new number is 07700 900 671", ()),
    ("en", "Please stop.\n\nTel. 01632 960 555\nann@example.org", ()),
    ("de", "Seit dem 12.03.2025 nichts mehr, bitte", ()),
])
def test_handles(language: str, text: str, handles: tuple[str, ...]) -> None:
    assert read(text, language, STOP).handles == handles


@pytest.mark.parametrize(("language", "text"), [
    ("en", "Please stop writing to my late mother"), ("fr", "N'appelez plus ma grand-mère"),
    ("de", "Schickt meinem Opa nichts mehr"), ("es", "No escriban más a mi padre"), ("it", "Basta lettere a mia nonna"),
    ("nl", "Bel mijn moeder niet meer"), ("pt", "Não liguem à minha tia"), ("pl", "Nie dzwońcie do mojej babci"),
])
def test_another_person(language: str, text: str) -> None:
    assert read(text, language, STOP).people


def test_a_family_in_a_story_is_nobody_else() -> None:
    assert not read("Sign me up, my daughter showed me your page", "en", SUBSCRIBE).people


def test_case_and_accents_do_not_matter() -> None:
    assert read("PLUS DE TELEPHONE", "fr", STOP).scope == read("plus de téléphone", "fr", STOP).scope
    assert read("żadnych esemesów", "pl", STOP).scope == read("ZADNYCH ESEMESOW", "pl", STOP).scope


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_has_two_meanings(language: str) -> None:
    lexicon, seen = Lexicon(language, PURPOSES), dict[tuple[str, ...], str]()
    for label, phrase in (*phrases(table(SHARED), frozenset(KEYS)), *phrases(table(language), frozenset(KEYS))):
        words = tuple(lexicon.stem(word) for word in WORD.findall(fold(phrase)))
        assert label in BESIDE or seen.setdefault(words, label) == label, phrase


def test_every_language_has_every_kind_of_word() -> None:
    kinds = {name: set(table(name)) for name in LANGUAGES}
    assert all(found == kinds["fr"] for found in kinds.values())
    assert all(set(table(name)["channels"]) - {"any", "letters"} == set(CHANNELS) for name in LANGUAGES)
    assert all(set(table(name)["purposes"]) == set(KEYS) for name in LANGUAGES)


TEXTS = st.text(max_size=300) | st.lists(st.sampled_from((
    "stop", "no", "not", "yes", "sms", "mail", "newsletter", "only", "except", "the rest", "everything", "until May",
    ",", ".", "\n", "but", "call", "my mother", "a@b.example", "06 12 34 56 78", "é", "ẞ", "İ", "\u0301", "keep", "'")),
    max_size=40).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, language=st.sampled_from((*LANGUAGES, "xx")),
       intents=st.lists(st.sampled_from(list(Intent)), max_size=3))
def test_it_never_raises_and_its_spans_are_inside(text: str, language: str, intents: list[Intent]) -> None:
    found = READER.read(text, language, PURPOSES, intents)
    assert all(0 <= span.start < span.end <= len(text) for span in found.spans)
    scope = found.scope
    assert {*scope.channels, *scope.granted_channels} <= {ALL, *CHANNELS}
    assert {*scope.purposes, *scope.granted_purposes} <= {ALL, *KEYS}
    assert scope.channels
    assert scope.purposes
    assert found.doubt is None or scope == Scope()


@given(st.text(max_size=200))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize("piece", [
    "a", "stop ", "no sms, ", "no sms ", "my number ", "until a b c d e f may ", "my number 12345678 ",
    "@", "a@", "a.b-", "1 2-", "1", "((", "\n", "only sms only ", "except ", "jusqu'", "é",
    "until until ", "my mother ", "newsletter,", "but ", "__", ". ",
])
def test_a_hostile_text_gives_few_spans_and_is_read_only_so_far(piece: str) -> None:
    for length in (5_000, 400_000):
        found = read(piece * (length // len(piece)), "en", STOP)
        assert len(found.spans) < 200
        assert all(span.end <= 20_000 for span in found.spans)


def _side(label: str, among: tuple[str, ...]) -> frozenset[str]:
    """One half of a label: `all`, a list, or `!` and what is left out."""
    if label == ALL:
        return frozenset(among)
    named = frozenset(label.removeprefix("!").split(","))
    return frozenset(among) - named if label.startswith("!") else named


def _outcomes(writers: str) -> Counter[str]:
    """How the messages with a yes or a no are read: where a scope is said, and where none is."""
    found: Counter[str] = Counter()
    for file in sorted(CORPUS.glob("train-*.jsonl")):
        for line in file.read_text("utf-8").splitlines() if file.stem[-1] in writers else ():
            row = json.loads(line)
            intents = [Intent(each) for each in row["intents"]]
            if {STOP, REFUSE, GRANT, SUBSCRIBE, Intent.WITHDRAW, Intent.OBJECTION}.isdisjoint(intents):
                continue
            reading = read(split(row["text"]).fresh, row["lang"], *intents)
            scope, yes = reading.scope, bool({GRANT, SUBSCRIBE} & set(intents))
            channels, purposes = (scope.granted_channels, scope.granted_purposes) if yes else (
                scope.channels, scope.purposes)
            got = (_side(",".join(channels) or ALL, CHANNELS), _side(",".join(purposes) or ALL, KEYS))
            wanted = row.get("scope", "all/all").split("/")
            right = got == (_side(wanted[0], CHANNELS), _side(wanted[1], KEYS)) and not reading.doubt
            kind = "said" if "scope" in row else "unsaid"
            found[f"{kind}, {'right' if right else 'doubt' if reading.doubt else 'wrong'}"] += 1
    return found


@pytest.mark.parametrize(("writers", "exact", "false", "doubted"), [
    ("abcdef", 0.62, 0.095, 0.01),  # the words were written with these in sight
    ("ghijlm", 0.35, 0.075, 0.02),  # nobody who wrote words read these
])
def test_the_training_texts(writers: str, exact: float, false: float, doubted: float) -> None:
    found = _outcomes(writers)
    said = sum(found[f"said, {how}"] for how in ("right", "doubt", "wrong"))
    unsaid = sum(found[f"unsaid, {how}"] for how in ("right", "doubt", "wrong"))
    assert found["said, right"] / said >= exact, found
    assert found["unsaid, wrong"] / unsaid <= false, found
    assert found["unsaid, doubt"] / unsaid <= doubted, found
