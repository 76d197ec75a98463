"""Decisions of authorities, one test each: the mistake that was fined cannot happen here, as far as permission decides.

What other parts answer for (the form of a question, the month of an answer, the content of the suppression list) is
tested with them.
"""

from dataclasses import fields

import pytest

from bot.policy.load import forms
from bot.policy.permission_types import Known, PurposeFacts
from bot.policy.regime import Regime
from storage.records import ALL, Audited, ConsentStatus, Pile, Relation, Source
from tests.harness.law import DAY, NOON, SALE, WORK, ask, customer, entry, no, operator, person, professional, yes

MEANS = ("email", "sms", "chat", "phone", "auto_call", "post", "push")
BOUGHT_LIST = Relation("p", Source.THIRD_PARTY, NOON - 10 * DAY)


def audited(pile: Pile, channel: str = "email") -> Audited:
    return Audited("p", "offers", channel, pile, ("no_proof",), NOON - 3 * DAY)


@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("purpose", ["offers", "reconsent", "are-your-details-correct"])
def test_flybe_ico_2017_who_opted_out_is_not_asked_again(means: str, purpose: str) -> None:
    """3.3 million mails "Are your details correct?" to people who had opted out: asking is marketing too."""
    refused = ask(person("GB"), means, purpose=purpose, states=[no()], relation=customer())
    assert (refused.allowed, refused.reason) == (False, "withdrawn")


@pytest.mark.parametrize("means", ["email", "sms", "chat"])
def test_honda_ico_2017_no_record_either_way_is_no_permission(means: str) -> None:
    """289,790 mails to people of whom it was not known whether they had consented: unknown is not a yes."""
    assert ask(person("GB"), means).reason == "no_consent"
    unknown = no(ConsentStatus.UNKNOWN, means, purpose="offers")
    assert not ask(person("GB"), means, states=[unknown]).allowed
    assert not ask(person("GB"), means, audited=[audited(Pile.ASK, means)], states=[yes(means, NOON - 9 * DAY)]).allowed


@pytest.mark.parametrize("kind", ["states", "suppressions"])
def test_futura_internationale_cnil_2019_an_objection_said_on_the_phone_stops_every_call(kind: str) -> None:
    """Oral and written objections were not recorded: once recorded, by either way, no basis outlives it."""
    known = {"states": [no(channel="phone")]} if kind == "states" else {"suppressions": [entry(channel="phone")]}
    contract = customer(contract_until=NOON + DAY)
    for means in ("phone", "auto_call"):
        assert not ask(person(), means, by=operator(PurposeFacts(contract=True)), relation=contract, **known).allowed


def test_spartoo_cnil_2020_opening_a_mail_is_no_contact() -> None:
    """Prospects were kept five years and an open restarted the clock: a fact of opening cannot even be told here."""
    told = {field.name for kind in (Known, Relation) for field in fields(kind)}
    assert not {name for name in told if "open" in name or "pixel" in name}
    silent = yes(since=NOON - 1095 * DAY)
    assert ask(person(), states=[silent]).reason == "silent_too_long"
    assert ask(person(), states=[yes(since=NOON - 1094 * DAY)]).allowed
    answered = Relation("p", last_contact_at=NOON - 30 * DAY)
    assert ask(person(), states=[silent], relation=answered).allowed, "an order, a reply or a click is a contact"
    former = customer(collected_at=NOON - 1200 * DAY, last_sale_at=NOON - 1100 * DAY)
    assert ask(person(), relation=former).reason == "silent_too_long"


def test_carrefour_cnil_2020_a_consent_without_proof_is_not_used() -> None:
    claimed = ask(person(), states=[yes(since=NOON - 9 * DAY)], audited=[audited(Pile.ASK)])
    assert (claimed.allowed, claimed.reason) == (False, "audit_ask")
    assert ask(person(), states=[yes(since=NOON - DAY)], audited=[audited(Pile.ASK)]).allowed, "a later yes"


@pytest.mark.parametrize("source", [Source.THIRD_PARTY, Source.UNKNOWN])
def test_performeclic_cnil_2020_addresses_from_others_serve_no_exception(source: Source) -> None:
    assert not ask(person(), relation=customer(source=source)).allowed


def test_nestor_cnil_2020_meals_are_not_related_to_a_profession() -> None:
    """Professionals got offers of meals at work addresses: without the link, consent is needed."""
    told = Relation("p", Source.PERSON, NOON - DAY, refusal_offered=True)
    meals, tools = operator(PurposeFacts(refusal_in_each=True)), operator(WORK)
    assert ask(professional(), by=meals, relation=told).reason == "lacks_related_to_profession"
    assert ask(professional(), by=tools, relation=told).allowed
    assert not ask(professional(), by=tools, relation=BOUGHT_LIST).allowed, "nobody told them, nobody let them refuse"


def test_free_mobile_cnil_2021_no_text_and_no_call_after_an_objection() -> None:
    for means in MEANS:
        assert not ask(person(), means, states=[yes("sms", NOON - 9 * DAY), yes("phone", NOON - 9 * DAY), no()],
                       relation=customer(contract_until=NOON + DAY)).allowed


def test_totalenergies_cnil_2022_a_subscription_is_no_agreement() -> None:
    """The form took a subscription for a yes and gave no way to refuse: then the customer's exception fails."""
    subscribed = customer(refusal_offered=False, contract_until=NOON + 300 * DAY)
    assert ask(person(), relation=subscribed).reason == "lacks_refusal_offered"
    objected = ask(person(), "phone", relation=subscribed, states=[no(channel="phone")])
    assert objected.reason == "withdrawn"


def test_accor_cnil_2022_a_pre_ticked_box_is_put_aside() -> None:
    assert ask(person(), states=[yes(since=NOON - 9 * DAY)], audited=[audited(Pile.SUPPRESS)]).reason == (
        "audit_suppress")
    assert not ask(person(), relation=customer(), audited=[audited(Pile.SUPPRESS)]).allowed


@pytest.mark.parametrize("pile", [Pile.ASK, Pile.SUPPRESS, Pile.DELETE])
def test_edf_cnil_2022_what_cannot_be_proved_is_not_sent_on(pile: Pile) -> None:
    assert not ask(person(), states=[yes(since=NOON - 9 * DAY)], audited=[audited(pile)]).allowed
    assert ask(person(), states=[yes(since=NOON - 9 * DAY)], audited=[audited(Pile.KEEP)]).allowed


@pytest.mark.parametrize("case", ["tagadamedia 2023", "foriou 2024", "clairvoyance 2024", "solocal 2025"])
@pytest.mark.parametrize("means", ["email", "sms", "phone"])
def test_bought_leads_need_a_consent_of_their_own(case: str, means: str) -> None:
    """Leads from competitions, partners or brokers: a supplier's promise is no consent given to us."""
    assert not ask(person(), means, relation=BOUGHT_LIST).allowed, case
    promised = no(ConsentStatus.UNKNOWN, means, purpose="offers")
    assert not ask(person(), means, relation=BOUGHT_LIST, states=[promised]).allowed


def test_foriou_and_hubside_cnil_2024_a_consent_without_every_mention_is_none() -> None:
    (form,) = forms()
    for mention in form.mentions:
        rest = frozenset(each.code for each in form.mentions) - {mention.code}
        assert form.missing(rest) == (mention.code,)
    before_the_form = yes("phone", NOON.replace(month=8, day=10))
    assert ask(person(), "phone", states=[before_the_form]).reason == "consent_form"


def test_orange_cnil_2024_an_ad_in_the_inbox_is_electronic_mail() -> None:
    """Ads among the mails need consent as mails do (CJEU C-102/20): an inbox or an app is the chat channel."""
    assert ask(person(), "chat").reason == "no_consent"
    assert not ask(person(), "chat", states=[yes("email")]).allowed


def test_caloga_cnil_2025_one_withdrawal_reaches_every_base() -> None:
    """Four bases, four withdrawals: here a no to all is a no to each purpose and channel, whatever was given before."""
    given = [yes("email", NOON - 9 * DAY, purpose=purpose) for purpose in ("offers", "news", "games", "travel")]
    for purpose in ("offers", "news", "games", "travel"):
        assert ask(person(), purpose=purpose, states=given).allowed
        assert not ask(person(), purpose=purpose, states=[*given, no()]).allowed
        assert not ask(person(), purpose=purpose, states=given, suppressions=[entry(at=NOON - DAY)]).allowed


def test_med_2023_040_cnil_the_list_is_read_without_knowing_anybody() -> None:
    """The suppression list has no name, birth date or city: scope, date and reason are enough to refuse."""
    assert set(entry()) == {"purpose", "channel", "at", "provisional", "reason"}
    assert ask(person(), relation=customer(), suppressions=[entry(ALL, ALL)]).reason == "suppressed"


def test_groupe_dse_conseil_d_etat_2015_numbers_found_in_advertisements_are_not_texted() -> None:
    published = operator(PurposeFacts(published=True, refusal_in_each=True))
    assert not ask(person(), "sms", by=published, relation=BOUGHT_LIST).allowed


def test_bnetza_german_calls_need_a_documented_consent_kept_five_years() -> None:
    refused = ask(person("DE"), "phone", relation=customer(contract_until=NOON + DAY))
    assert (refused.allowed, refused.regime) == (False, "DE-03")
    assert row("DE-03").parameters.proof_years == 5
    given = ask(person("DE"), "phone", states=[yes("phone")])
    assert (given.allowed, given.evidence) == (True, (7,)), "the ledger entry that proves it is named"


def test_fcc_2027_one_revocation_covers_every_call_and_text() -> None:
    later = NOON.replace(year=2027, month=3, day=2, hour=18)
    said = [yes("sms", NOON - DAY, purpose="offers"), no(channel="phone", since=NOON, purpose="reminders")]
    assert ask(person("US"), "sms", at=NOON.replace(hour=18), states=[said[0]]).allowed
    assert ask(person("US"), "sms", at=NOON.replace(month=12, hour=18), states=said).allowed, "waived until 31 Jan 2027"
    assert ask(person("US"), "sms", at=later, states=said).reason == "withdrawn"


def test_inteligo_cjeu_2025_and_the_cnil_differ_and_the_strict_reading_is_the_default() -> None:
    account = Relation("p", Source.PERSON, NOON - DAY, refusal_offered=True)
    by = operator(PurposeFacts(analogous=True, own=True, refusal_in_each=True, account=True))
    assert ask(person(), by=by, relation=account).allowed is False
    assert SALE.account is False


def row(name: str) -> Regime:
    from bot.policy.load import regimes
    return next(each for each in regimes() if each.id == name)
