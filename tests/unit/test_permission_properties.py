"""What holds for every file: a no never helps, an unknown fact never helps, each reason can happen and has words."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.conditions import CONDITIONS
from bot.policy.load import CONFIDENCES, regimes
from bot.policy.permission_types import Basis, Means, Operator, PurposeFacts, Sector, Switches
from bot.policy.regime import Rule
from bot.policy.words import LANGUAGES, codes, in_words, reason_in_words
from storage.records import Audited, ConsentState, ConsentStatus, Party, Pile, Relation, Source
from tests.harness.law import DAY, NOON, SALE, WORK, ask, customer, entry, no, operator, person, professional, yes

MOMENTS = st.sampled_from([None, NOON - 2000 * DAY, NOON - 40 * DAY, NOON - DAY, NOON + DAY])
RELATIONS = st.none() | st.builds(
    Relation, st.just("p"), st.sampled_from(Source), MOMENTS, st.booleans(), st.booleans(), MOMENTS, MOMENTS, MOMENTS,
    MOMENTS)
FACTS = st.builds(PurposeFacts, **{field.name: st.booleans() for field in fields(PurposeFacts)})
COUNTRIES = st.sampled_from([None, "FR", "RE", "DE", "BE", "CH", "ES", "GB", "IT", "NL", "US", "CA", "PL", "LU", "ZZ"])
PARTIES = st.builds(lambda country, at_work, firm: professional(country, firm) if at_work else person(country),
                    COUNTRIES, st.booleans(), st.sampled_from([None, "ACME"]))
SCOPES = st.tuples(st.sampled_from(["offers", "news", "all"]), st.sampled_from(["email", "sms", "phone", "all"]))
STATES = st.lists(
    st.builds(lambda scope, status, days: ConsentState("p", *scope, status, NOON - days * DAY, 50 - days),
              SCOPES, st.sampled_from(ConsentStatus), st.integers(0, 40)),
    max_size=4, unique_by=lambda state: (state.purpose, state.channel))
ENTRIES = st.lists(st.builds(lambda scope, days, pause: entry(*scope, NOON - days * DAY, provisional=pause),
                             SCOPES, st.integers(0, 40), st.booleans()), max_size=2)
OPERATORS = st.builds(lambda facts, sectors, switches, country: operator(facts, sectors=sectors, switches=switches,
                                                                         country=country),
                      FACTS, st.frozensets(st.sampled_from(Sector), max_size=2),
                      st.sampled_from([Switches(), Switches(account_without_purchase="customer", year="calendar",
                                                            automata_to_sole_traders="opt_out",
                                                            call_back="any_sector", sms_hours="8-22")]),
                      st.sampled_from(["FR", "DE", "BE"]))
FILES = st.fixed_dictionaries({
    "states": STATES, "suppressions": ENTRIES, "relation": RELATIONS, "generic": st.booleans(),
    "audited": st.lists(st.builds(Audited, st.just("p"), st.just("offers"), st.just("email"), st.sampled_from(Pile),
                                  st.just(()), st.just(NOON - 5 * DAY)), max_size=1),
    "registers": st.sampled_from([{}, {"TPS": NOON, "CTPS": NOON, "RPO": NOON, "DNC": NOON, "directory": NOON,
                                       "Robinson": NOON, "Ne m'appelez plus": NOON}])})
ANY = (FILES, PARTIES, st.sampled_from(Means), OPERATORS)


@given(*ANY, SCOPES, st.integers(0, 40), st.booleans(), st.sampled_from([
    ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, ConsentStatus.REVOKED, ConsentStatus.INVALIDATED]))
def test_one_more_no_never_allows(known: dict[str, Any], party: Party, means: Means, by: Operator,
                                  scope: tuple[str, str], days: int, listed: bool, status: ConsentStatus) -> None:
    before = ask(party, means, by=by, **known)
    if listed:
        more = known | {"suppressions": [*known["suppressions"], entry(*scope, NOON - days * DAY)]}
    else:
        said = ConsentState("p", *scope, status, NOON - days * DAY, 100)
        more = known | {"states": [*(each for each in known["states"] if (each.purpose, each.channel) != scope), said]}
    assert not ask(party, means, by=by, **more).allowed or before.allowed


@given(*ANY)
def test_whoever_said_no_last_is_never_contacted(known: dict[str, Any], party: Party, means: Means,
                                                 by: Operator) -> None:
    objected = known | {"suppressions": [*known["suppressions"], entry(at=NOON)]}
    assert not ask(party, means, by=by, **objected).allowed


@given(*ANY, st.sampled_from([field.name for field in fields(PurposeFacts)]))
def test_an_undeclared_fact_of_a_purpose_allows_no_more(known: dict[str, Any], party: Party, means: Means, by: Operator,
                                                        fact: str) -> None:
    declared = by.purposes["offers"]
    bare = replace(by, purposes={"offers": replace(declared, **{fact: False})})
    full = replace(by, purposes={"offers": replace(declared, **{fact: True})})
    assert not ask(party, means, by=bare, **known).allowed or ask(party, means, by=full, **known).allowed


WORST = {"source": Source.THIRD_PARTY, "at_sale": False, "refusal_offered": False, "collected_at": NOON - 2000 * DAY,
         "last_sale_at": NOON - 2000 * DAY, "contract_until": NOON - DAY, "asked_at": NOON - 2000 * DAY,
         "last_contact_at": NOON - 2000 * DAY}


@given(*ANY, st.sampled_from(sorted(WORST)))
def test_an_unknown_fact_allows_no_more_than_a_bad_one(known: dict[str, Any], party: Party, means: Means, by: Operator,
                                                       fact: str) -> None:
    relation = known["relation"] or Relation("p")
    unknown = replace(relation, **{fact: getattr(Relation("p"), fact)})
    bad = replace(relation, **{fact: WORST[fact]})
    if ask(party, means, by=by, **known | {"relation": unknown}).allowed:
        assert ask(party, means, by=by, **known | {"relation": bad}).allowed


@given(*ANY)
def test_no_relation_allows_no_more_than_the_worst(known: dict[str, Any], party: Party, means: Means,
                                                   by: Operator) -> None:
    if ask(party, means, by=by, **known | {"relation": None}).allowed:
        assert ask(party, means, by=by, **known | {"relation": Relation("p", **WORST)}).allowed


@given(st.sampled_from([None, "67", "974", "971", "976"]), st.integers(0, 24 * 14), st.sampled_from(["phone", "sms"]))
def test_an_unknown_place_allows_no_more_than_any_place(region: str | None, hours: int, means: str) -> None:
    at = NOON + hours * DAY / 12
    said = [yes(means, NOON)]
    if ask(person(region=None), means, at=at, states=said).allowed:
        assert ask(person(region=region), means, at=at, states=said).allowed


@given(*ANY)
def test_every_answer_is_whole(known: dict[str, Any], party: Party, means: Means, by: Operator) -> None:
    answer = ask(party, means, by=by, **known)
    assert answer.allowed == (answer.basis is not Basis.NONE)
    assert answer.until is None or answer.until > NOON
    assert answer.regime
    assert all(reason_in_words(answer.reason, language) for language in LANGUAGES)


def test_every_condition_rule_and_mark_has_words_in_both_languages() -> None:
    assert codes("condition") == set(CONDITIONS)
    assert codes("rule") == set(Rule)
    assert codes("confidence") == set(CONFIDENCES)
    for table in ("reason", "condition", "rule", "confidence"):
        assert all(in_words(table, code, language) for code in codes(table) for language in LANGUAGES)
    assert in_words("reason", "hours", "de") == in_words("reason", "hours", "en")


def test_every_reason_can_happen() -> None:
    asked = no(ConsentStatus.REQUESTED, "email", purpose="offers")
    put_aside = {pile: [Audited("p", "offers", "email", pile, (), NOON)] for pile in Pile}
    happened = [
        ask(None), ask(person(), handle_valid=False), ask(person(), states=[yes()]), ask(person(), states=[asked]),
        ask(person(), by=operator(sectors=frozenset({Sector.HOME_ADAPTATION}))), ask(person()),
        ask(person(), suppressions=[entry(provisional=True)]), ask(person(), suppressions=[entry()]),
        *(ask(person(), states=[no(status)]) for status in ConsentStatus if not status.valid),
        ask(person(), "phone", states=[yes("phone", NOON - 200 * DAY)]),
        ask(person(), "phone", states=[yes("phone", until=NOON)]), ask(person(), states=[yes(since=NOON + DAY)]),
        ask(person(), states=[yes(since=NOON - 2000 * DAY)]), ask(person(), relation=customer()),
        *(ask(person(), audited=put_aside[pile]) for pile in Pile), ask(person(time_zone="X"), "sms",
                                                                        states=[yes("sms")]),
        ask(person(), "sms", at=NOON.replace(hour=3), states=[yes("sms")]),
        ask(person(), "phone", calls=[NOON] * 4, states=[yes("phone")]), ask(person(), "post"),
        ask(person("CH"), "phone", registers={"directory": NOON}), ask(professional(), generic=True),
        ask(person(), "phone", by=operator(PurposeFacts(contract=True)), relation=customer(contract_until=NOON + DAY)),
        ask(person(), "phone", by=operator(PurposeFacts(call_back=True), sectors=frozenset(
            {Sector.ENERGY_RENOVATION})), relation=customer(asked_at=NOON - DAY)),
    ]
    reasons = {answer.reason for answer in happened}
    assert reasons == codes("reason")


PUBLISHED = PurposeFacts(related_to_profession=True, refusal_in_each=True)
LACKING: dict[str, Any] = {
    "from_person": lambda: ask(person(), relation=customer(source=Source.UNKNOWN)),
    "at_sale": lambda: ask(person(), relation=customer(at_sale=False)),
    "at_sale_or_negotiation": lambda: ask(person("GB"), relation=customer(at_sale=False)),
    "refusal_offered": lambda: ask(person(), relation=customer(refusal_offered=False)),
    "analogous": lambda: ask(person(), by=operator(replace(SALE, analogous=False)), relation=customer()),
    "own": lambda: ask(person(), by=operator(replace(SALE, own=False)), relation=customer()),
    "refusal_in_each": lambda: ask(person(), "post", by=operator(PurposeFacts())),
    "related_to_profession": lambda: ask(professional(), relation=customer()),
    "published": lambda: ask(professional("CA"), by=operator(PUBLISHED)),
    "legal_person": lambda: ask(professional("GB"), by=operator(WORK)),
    "reserved_prefix": lambda: ask(person("ES"), "phone", at=NOON + 60 * DAY, states=[yes("phone")]),
    "contract_running": lambda: ask(person(), "phone", relation=customer(contract_until=NOON - DAY)),
    "contract_related": lambda: ask(person(), "phone", relation=customer(contract_until=NOON + DAY)),
    "sale_recent": lambda: ask(person("CA"), relation=customer(last_sale_at=NOON - 800 * DAY)),
    "asked_recently": lambda: ask(person("CA"), relation=Relation("p", asked_at=NOON - 200 * DAY)),
    "call_back_in_time": lambda: ask(person(), "phone", by=operator(switches=Switches(call_back="any_sector")),
                                     relation=Relation("p", asked_at=NOON - 20 * DAY)),
    "only_what_was_asked": lambda: ask(person(), "phone", by=operator(switches=Switches(call_back="any_sector")),
                                       relation=Relation("p", asked_at=NOON - DAY)),
    "register_checked": lambda: ask(person("CH"), "phone"),
    "collected_since": lambda: ask(
        person("GB"), by=operator(PurposeFacts(non_commercial=True), sectors=frozenset({Sector.CHARITY})),
        relation=Relation("p", Source.PERSON, NOON - 2000 * DAY)),
}


@pytest.mark.parametrize("code", sorted(LACKING))
def test_every_condition_can_be_what_is_lacking(code: str) -> None:
    answer = LACKING[code]()
    assert (answer.allowed, answer.reason) == (False, f"lacks_{code}")


def test_every_condition_that_a_row_names_is_shown_lacking() -> None:
    named = {code for row in regimes() for code in (*row.conditions, *row.with_consent)}
    assert named == set(LACKING)


def test_texts_to_a_named_professional_follow_the_charter_too() -> None:
    told = Relation("p", Source.PERSON, NOON - DAY, refusal_offered=True)
    assert ask(professional(), "sms", by=operator(WORK), relation=told).allowed
    assert ask(professional(), "sms", by=operator(WORK), relation=told, at=NOON.replace(hour=3)).reason == "hours"
    assert not ask(professional(), "sms", by=operator(SALE), relation=told).allowed
