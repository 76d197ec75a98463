"""The decision table of the audit: row by row, the authorities' cases by name, and what must hold of every claim."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.audit import ROWS, judge
from bot.policy.audit_claims import claims
from bot.policy.audit_proof import FAULTS
from bot.policy.audit_types import Terms, Verdict
from bot.policy.audit_words import codes, said
from bot.policy.permission_types import Operator, PurposeFacts
from storage.dossier_records import Asking, Claimed, Dossier, Said, Suppressed
from storage.records import ALL, Capacity, ConsentStatus, Evidence, Party, Pile, Relation, Source
from tests.harness.claims import TAKEN_IN, claim

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LAST_YEAR, LONG_AGO = NOW - timedelta(days=300), datetime(2021, 11, 1, tzinfo=UTC)
JUST_OVER = NOW - timedelta(days=3 * 365 + 40)
ANNA = Party("p1", Capacity.CONSUMER, country="FR")
BOSS = Party("p2", Capacity.PROFESSIONAL, organisation="ACME", country="FR")
FACTS = {"newsletter": PurposeFacts(analogous=True, own=True, related_to_profession=True, contract=True)}
TERMS = Terms(Operator("FR", purposes=FACTS), phone_notices=frozenset({"phone"}))
BOUGHT_HERE = Relation("p1", Source.PERSON, LAST_YEAR, at_sale=True, refusal_offered=True)
FULL = claim("p1", at=LAST_YEAR, method="box", notice="n", proof="form 12, archive 2026")
CALL = claim("p1", channel="phone", at=datetime(2026, 9, 1, tzinfo=UTC), method="oral", notice="n", proof="call 9")
REACHED = frozenset({"email", "phone"})


def held(told: Evidence, wording: str | None = None) -> Claimed:
    name = wording if wording is not None or not told.notice else "phone" if told.channel == "phone" else "form"
    return Claimed(told, TAKEN_IN, name)


def dossier(*evidence: Evidence, party: Party = ANNA, **more: object) -> Dossier:
    return Dossier(party, **{"reached": REACHED, "relation": Relation(party.id, Source.PERSON, LAST_YEAR)}
                   | {"claimed": tuple(map(held, evidence))} | more)


def verdict(told: Dossier, purpose: str = "newsletter", channel: str = "email", at: datetime = NOW,
            terms: Terms = TERMS) -> Verdict:
    return judge(next(each for each in claims(told, terms, at) if (each.purpose, each.channel) == (purpose, channel)))


def yes(at: datetime = LAST_YEAR, channel: str = "email", **more: object) -> Said:
    return Said(**{"purpose": "newsletter", "channel": channel, "status": ConsentStatus.GIVEN,
                   "before": ConsentStatus.UNKNOWN, "since": at, "sequence": 5, "witnessed": True, "notice": ""} | more)


def asking(sent: datetime, until: datetime, **more: object) -> Asking:
    return Asking(("newsletter",), "email", sent, until, **{"answered": False} | more)


FLAG = claim("p1")
FLAG_DATED = claim("p1", at=LAST_YEAR)
SILENT = {"relation": Relation("p1", Source.PERSON, LONG_AGO)}
OVER = {"relation": Relation("p1", Source.PERSON, JUST_OVER, at_sale=True, refusal_offered=True)}
WEEK = timedelta(days=7)

TABLE: list[tuple[str, Dossier, str, str]] = [  # the row's code, a dossier, pile, channel
    ("objected", dossier(FULL, stops=(Suppressed(ALL, ALL, False, NOW),)), "suppress", "email"),
    ("objected", dossier(FULL, said=(yes(status=ConsentStatus.WITHDRAWN),)), "suppress", "email"),
    ("objected", dossier(FULL, said=(yes(status=ConsentStatus.REFUSED, purpose=ALL, channel=ALL),)), "suppress",
     "email"),
    ("file-says-no", dossier(claim("p1", claimed=ConsentStatus.WITHDRAWN)), "suppress", "email"),
    ("rights-request-open", dossier(FULL, contested=True), "suppress", "email"),
    ("paused", dossier(FULL, stops=(Suppressed(ALL, ALL, True, NOW),)), "suppress", "email"),
    ("bounced", dossier(FULL, reached=frozenset(), bounced=frozenset({"email"})), "delete", "email"),
    ("bounced", dossier(claim("p1", claimed=ConsentStatus.INVALIDATED)), "delete", "email"),
    ("no-address", dossier(FULL, reached=frozenset({"phone"})), "delete", "email"),
    ("bought", dossier(FULL, relation=Relation("p1", Source.THIRD_PARTY, LAST_YEAR)), "delete", "email"),
    ("silent-too-long", dossier(FLAG, **SILENT), "delete", "email"),
    ("silent-too-long", dossier(FLAG, relation=None), "delete", "email"),
    ("silent-asked", dossier(FLAG, askings=(asking(NOW - 3 * WEEK, NOW - WEEK),), **OVER), "delete", "email"),
    ("silent-waiting", dossier(FLAG, askings=(asking(NOW - WEEK, NOW + WEEK),), **OVER), "suppress", "email"),
    ("silent", dossier(FLAG, **OVER), "ask", "email"),
    ("silent-no-basis", dossier(FLAG, relation=Relation("p1", Source.PERSON, JUST_OVER)), "delete", "email"),
    ("phone-contract", dossier(claim("p1", channel="phone"), relation=replace(
        BOUGHT_HERE, contract_until=NOW + WEEK)), "keep", "phone"),
    ("phone-consent", dossier(CALL), "keep", "phone"),
    ("phone-before-decree", dossier(replace(CALL, collected_at=datetime(2026, 8, 10, 20, tzinfo=UTC))), "suppress",
     "phone"),
    ("phone-form", dossier(replace(CALL, notice="")), "suppress", "phone"),
    ("phone-form", dossier(replace(CALL, proof="")), "suppress", "phone"),
    ("phone-form", dossier(claim("p1", channel="phone")), "suppress", "phone"),
    ("witnessed", dossier(said=(yes(),)), "keep", "email"),
    ("proven", dossier(FULL), "keep", "email"),
    ("asked-waiting", dossier(FLAG_DATED, askings=(asking(NOW - WEEK, NOW + WEEK),)), "suppress", "email"),
    ("asked-silent", dossier(FLAG, askings=(asking(NOW - 3 * WEEK, NOW - WEEK),)), "suppress", "email"),
    ("asked-silent", dossier(FLAG, said=(yes(NOW - WEEK, status=ConsentStatus.EXPIRED,
                                             before=ConsentStatus.REQUESTED),)), "suppress", "email"),
    ("soft-opt-in", dossier(FLAG_DATED, relation=BOUGHT_HERE), "ask", "email"),
    ("b2b-opt-out", dossier(FLAG, party=BOSS), "ask", "email"),
    ("post-opt-out", dossier(claim("p1", channel="post")), "ask", "post"),
    ("b2b-opt-in", dossier(FLAG, party=replace(BOSS, country="DE")), "suppress", "email"),
    ("b2b-unrelated", dossier(FLAG, party=replace(BOSS, organisation=None)), "suppress", "email"),
    ("consent-expired", dossier(said=(yes(LAST_YEAR, status=ConsentStatus.EXPIRED),)), "suppress", "email"),
    ("consent-expired", dossier(said=(yes(LAST_YEAR, valid_until=NOW - WEEK),)), "suppress", "email"),
    ("flag-only", dossier(FLAG), "suppress", "email"),
    ("not-proven", dossier(FLAG_DATED), "suppress", "email"),
    ("nothing-known", dossier(claim("p1", claimed=ConsentStatus.UNKNOWN)), "suppress", "email"),
]


@pytest.mark.parametrize(("code", "told", "pile", "channel"), TABLE, ids=[f"{row[0]}-{number}" for number, row in
                                                                         enumerate(TABLE)])
def test_each_row_decides(code: str, told: Dossier, pile: str, channel: str) -> None:
    found = verdict(told, channel=channel)
    assert (found.reasons[0], found.pile) == (code, pile)


def test_every_row_is_in_the_table_above_or_is_tested_by_name() -> None:
    assert {row.code for row in ROWS} - {row[0] for row in TABLE} == {"phone-expired"}


def test_every_code_has_its_words_and_no_words_are_left_over() -> None:
    used = {row.code for row in ROWS} | {code for code, _ in FAULTS} | {"no-evidence", "pre-gdpr"} | {
        code for row in ROWS for code in row.advice}
    assert codes("reason") == used
    assert codes("pile") == codes("meaning") == {pile.value for pile in Pile}
    for table in ("reason", "pile", "meaning"):
        for code in codes(table):
            assert said(table, code, "fr") != said(table, code, "en")
    assert all(row.citation for row in ROWS)


@pytest.mark.parametrize("country", ["DE", "AT", "IT", "CH", "NL", "ES", "BE", "XX"])
def test_a_professional_is_not_asked_electronically_where_consent_comes_first(country: str) -> None:
    for channel in ("email", "sms"):
        told = dossier(claim("p2", channel=channel), party=replace(BOSS, country=country),
                       reached=frozenset({channel}))
        assert verdict(told, channel=channel).pile is Pile.SUPPRESS
        assert "ask-by-post" in verdict(told, channel=channel).reasons
    post = dossier(claim("p2", channel="post"), party=replace(BOSS, country=country))
    assert verdict(post, channel="post").pile is Pile.ASK


@pytest.mark.parametrize("country", ["FR", "GB"])
def test_a_professional_is_asked_where_objection_is_enough_if_it_is_about_the_function(country: str) -> None:
    told = dossier(FLAG, party=replace(BOSS, country=country))
    assert verdict(told).pile is Pile.ASK
    assert verdict(told, terms=Terms(Operator("FR"))).reasons[0] == "b2b-unrelated"


def test_nestor_and_performeclic_a_professional_address_is_no_permission_for_anything() -> None:
    """SAN-2020-018, SAN-2020-016: what is not related to the function needs consent."""
    assert verdict(dossier(FLAG, party=BOSS), terms=Terms(Operator("FR"))).pile is Pile.SUPPRESS


def test_soft_opt_in_asks_everything_at_once() -> None:
    for change in ({"source": Source.UNKNOWN}, {"at_sale": False}, {"refusal_offered": False}):
        assert verdict(dossier(FLAG, relation=replace(BOUGHT_HERE, **change))).pile is Pile.SUPPRESS
    for facts in (PurposeFacts(own=True), PurposeFacts(analogous=True)):
        terms = Terms(Operator("FR", purposes={"newsletter": facts}))
        assert verdict(dossier(FLAG, relation=BOUGHT_HERE), terms=terms).pile is Pile.SUPPRESS
    sms = claim("p1", channel="sms")
    italian = dossier(sms, party=replace(ANNA, country="IT"), relation=BOUGHT_HERE, reached=frozenset({"sms"}))
    assert verdict(italian, channel="sms").pile is Pile.SUPPRESS, "Codice Privacy 130(4): e-mail only"
    american = dossier(FLAG, party=replace(ANNA, country="US"), relation=BOUGHT_HERE)
    assert verdict(american).pile is Pile.SUPPRESS


def test_honda_a_flag_and_nothing_else_is_asked_by_post_or_at_the_next_contact() -> None:
    """ICO, 27 March 2017: 289 790 mails to ask people of whom nothing was recorded."""
    found = verdict(dossier(FLAG))
    assert found.pile is Pile.SUPPRESS
    assert found.reasons[0] == "flag-only"
    assert found.reasons[-1] == "ask-by-post"


def test_flybe_who_opted_out_is_never_asked_again() -> None:
    """ICO, 20 March 2017: 3.3 million mails to people who had said no."""
    for told in (dossier(FULL, stops=(Suppressed(ALL, "email", False, NOW - WEEK),)),
                 dossier(replace(FULL, claimed=ConsentStatus.REFUSED))):
        assert verdict(told).pile is Pile.SUPPRESS
        assert "ask-by-post" not in verdict(told).reasons


def test_edf_a_claim_that_cannot_be_proved_is_not_kept() -> None:
    """SAN-2022-021: the consent came from a supplier's form that nobody could show."""
    for change in ({"proof": ""}, {"notice": ""}, {"collected_at": None}, {"method": "unknown"}):
        assert verdict(dossier(replace(FULL, **change))).pile is Pile.SUPPRESS


def test_spartoo_prospects_of_five_years_go_and_an_open_is_no_contact() -> None:
    """SAN-2020-003: there is no field in which an open could be said; collected five years ago is five years ago."""
    told = dossier(FULL if FULL.collected_at is None else replace(FULL, collected_at=LONG_AGO), **SILENT)
    assert verdict(told).pile is Pile.DELETE
    assert not {name for name in Relation.__dataclass_fields__ if "open" in name}


def test_caloga_four_years_is_too_long_whatever_the_operator_sets() -> None:
    """SAN-2025-002: four years, restarted by opens."""
    four = NOW - timedelta(days=4 * 365 + 2)
    told = dossier(replace(FULL, collected_at=four), relation=replace(BOUGHT_HERE, collected_at=four))
    assert verdict(told, terms=replace(TERMS, ask_within=timedelta(days=365))).pile is Pile.DELETE


def test_foriou_and_solocal_a_suppliers_promise_is_no_proof() -> None:
    """SAN-2024-003, SAN-2025-001: whatever the file says, it comes from a third party."""
    third = Relation("p1", Source.THIRD_PARTY, LAST_YEAR, at_sale=True, refusal_offered=True)
    found = verdict(dossier(replace(FULL, proof="supplier contract, clause 4"), relation=third))
    assert (found.pile, found.reasons[0]) == (Pile.DELETE, "bought")


def test_planet49_and_accor_a_ticked_box_is_no_act() -> None:
    """CJEU C-673/17, SAN-2022-017."""
    found = verdict(dossier(replace(FULL, method="pre_ticked")))
    assert found.pile is Pile.SUPPRESS
    assert "pre-ticked" in found.reasons


def test_orange_romania_and_totalenergies_a_consent_in_the_contract_is_none() -> None:
    """CJEU C-61/19, SAN-2022-011: the controller must prove a consent distinct from the contract."""
    found = verdict(dossier(replace(FULL, method="bundled")))
    assert found.pile is Pile.SUPPRESS
    assert "bundled" in found.reasons


@pytest.mark.parametrize("proof", ["192.0.2.7 2024-03-01T10:00:00Z", "ip=192.0.2.7; time=2024-03-01", "2001:db8::1",
                                   "2024-03-01 10:00:00"])
def test_garante_an_ip_and_a_time_are_not_proof(proof: str) -> None:
    assert "log-only" in verdict(dossier(replace(FULL, proof=proof))).reasons
    assert verdict(dossier(replace(FULL, proof=proof + " form 7"))).pile is Pile.KEEP


def test_recital_171_an_old_consent_counts_only_with_everything() -> None:
    old = replace(FULL, collected_at=datetime(2018, 5, 1, tzinfo=UTC))
    there = {"relation": replace(BOUGHT_HERE, at_sale=False, last_contact_at=LAST_YEAR)}
    assert verdict(dossier(old, **there)).pile is Pile.KEEP
    found = verdict(dossier(replace(old, proof=""), **there))
    assert found.pile is Pile.SUPPRESS
    assert {"pre-gdpr", "no-proof"} <= set(found.reasons)


def test_a_claim_to_everything_at_once_is_not_specific() -> None:
    everything = replace(FULL, purpose=ALL)
    assert "not-specific" in verdict(dossier(everything), purpose=ALL).reasons


def test_three_years_then_a_time_to_ask_once_then_none() -> None:
    for days, pile in ((-1, Pile.KEEP), (1, Pile.ASK), (179, Pile.ASK), (181, Pile.DELETE)):
        at = datetime(2023, 11, 25, 12, tzinfo=UTC) - timedelta(days=days)
        found = verdict(dossier(replace(FULL, collected_at=at), relation=Relation("p1", Source.PERSON, at)))
        assert found.pile is pile, days
    assert verdict(dossier(FLAG, relation=replace(OVER["relation"], contract_until=NOW + WEEK))).pile is Pile.ASK


def test_a_date_ahead_is_unknown() -> None:
    ahead = Relation("p1", Source.PERSON, collected_at=NOW + WEEK, last_contact_at=NOW + WEEK)
    assert verdict(dossier(FLAG, relation=ahead)).reasons[0] == "silent-too-long"
    assert "no-date" in verdict(dossier(replace(FULL, collected_at=NOW + WEEK))).reasons


def test_a_french_call_consent_lasts_a_year_and_is_not_renewed_in_silence() -> None:
    day = CALL.collected_at
    assert day is not None
    there = {"relation": Relation("p1", Source.PERSON, LAST_YEAR, last_contact_at=day + timedelta(days=360))}
    assert verdict(dossier(CALL, **there), channel="phone", at=day + timedelta(days=364)).pile is Pile.KEEP
    found = verdict(dossier(CALL, **there), channel="phone", at=day + timedelta(days=365))
    assert (found.pile, found.reasons) == (Pile.SUPPRESS, ("phone-expired", "ask-elsewhere"))
    own = yes(datetime(2026, 9, 1, tzinfo=UTC), "phone", notice="n")
    assert verdict(dossier(said=(own,), notices={"n": "phone"}), channel="phone").pile is Pile.KEEP
    assert verdict(dossier(said=(own,), notices={"n": "other"}), channel="phone").reasons[0] == "phone-form"


def test_a_later_yes_of_the_persons_own_lifts_an_earlier_no_and_not_the_other_way_round() -> None:
    no = Suppressed(ALL, ALL, False, NOW - 2 * WEEK)
    assert verdict(dossier(said=(yes(NOW - WEEK),), stops=(no,))).pile is Pile.KEEP
    assert verdict(dossier(said=(yes(NOW - 3 * WEEK),), stops=(no,))).pile is Pile.SUPPRESS
    assert verdict(dossier(said=(yes(no.at),), stops=(no,))).pile is Pile.SUPPRESS, "at the same moment, the no"
    undated = claim("p1", claimed=ConsentStatus.WITHDRAWN)
    assert verdict(dossier(undated, said=(yes(TAKEN_IN + WEEK),))).pile is Pile.KEEP, "the file came before the yes"
    assert verdict(dossier(undated, said=(yes(TAKEN_IN - WEEK),))).pile is Pile.SUPPRESS
    imported = yes(NOW - WEEK, witnessed=False)
    assert verdict(dossier(said=(imported,), stops=(no,))).pile is Pile.SUPPRESS, "a file's yes lifts nothing"


def test_who_is_in_no_file_but_on_file_is_judged_by_channel() -> None:
    found = list(claims(dossier(), TERMS, NOW))
    assert [(each.purpose, each.channel) for each in found] == [(ALL, "email"), (ALL, "phone")]
    assert judge(found[0]).reasons[0] == "nothing-known"
    customer = dossier(relation=BOUGHT_HERE)
    assert verdict(customer, terms=replace(TERMS, purposes=("newsletter", "offers"))).reasons[0] == "soft-opt-in"
    assert verdict(customer, "offers", terms=replace(TERMS, purposes=("newsletter", "offers"))).pile is Pile.SUPPRESS


RANK = {Pile.KEEP: 2, Pile.ASK: 1, Pile.SUPPRESS: 0, Pile.DELETE: 0}
MOMENTS = st.sampled_from([LAST_YEAR, JUST_OVER, LONG_AGO, NOW - WEEK, datetime(2026, 9, 1, tzinfo=UTC)])
MAYBE = st.none() | MOMENTS
EVIDENCE = st.builds(
    claim, st.just("p1"), channel=st.sampled_from(["email", "phone", "sms", "post"]),
    claimed=st.sampled_from([ConsentStatus.GIVEN, ConsentStatus.GIVEN, ConsentStatus.UNKNOWN, ConsentStatus.EXPIRED]),
    at=MAYBE, method=st.sampled_from(["box", "box", "unknown", "pre_ticked", "bundled", "oral"]),
    notice=st.sampled_from(["n", "n", ""]), proof=st.sampled_from(["form 12", "form 12", ""]))
RELATIONS = st.none() | st.builds(
    Relation, st.just("p1"), source=st.sampled_from([Source.PERSON, Source.PERSON, Source.UNKNOWN]),
    collected_at=MAYBE, at_sale=st.booleans(), refusal_offered=st.booleans(), last_sale_at=MAYBE,
    contract_until=st.none() | st.just(NOW + WEEK), asked_at=MAYBE, last_contact_at=MAYBE)
SAID = st.none() | st.builds(yes, MOMENTS, st.just("email"), status=st.sampled_from([
    ConsentStatus.GIVEN, ConsentStatus.EXPIRED]), witnessed=st.booleans())
PARTIES = st.sampled_from([ANNA, BOSS, replace(ANNA, country="DE"), replace(BOSS, country="DE"),
                           replace(BOSS, organisation=None)])


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    party, told, known = draw(PARTIES), draw(EVIDENCE), draw(SAID)
    return dossier(told, party=party, relation=draw(RELATIONS), reached=frozenset({told.channel}),
                   said=() if known is None else (replace(known, channel=told.channel),))


def rank(told: Dossier) -> int:
    channel = told.claimed[0].evidence.channel
    return RANK[verdict(told, channel=channel).pile]


LESS_EVIDENCE: list[dict[str, Any]] = [
    {"proof": ""}, {"notice": ""}, {"collected_at": None}, {"method": "unknown"}, {"claimed": ConsentStatus.UNKNOWN}]
LESS_RELATION: list[dict[str, Any]] = [
    {"source": Source.UNKNOWN}, {"collected_at": None}, {"at_sale": False}, {"refusal_offered": False},
    {"last_sale_at": None}, {"contract_until": None}, {"asked_at": None}, {"last_contact_at": None}]


@settings(max_examples=400)
@given(dossiers(), st.sampled_from(LESS_EVIDENCE), st.sampled_from(LESS_RELATION))
def test_what_is_not_known_never_makes_a_claim_better(told: Dossier, evidence: dict[str, Any],
                                                      relation: dict[str, Any]) -> None:
    before = rank(told)
    poorer = replace(told, claimed=(held(replace(told.claimed[0].evidence, **evidence)),))
    assert rank(poorer) <= before
    assert rank(replace(told, relation=None)) <= before
    if told.relation is not None:
        assert rank(replace(told, relation=replace(told.relation, **relation))) <= before
    if told.said and told.said[0].witnessed and told.said[0].status.valid:
        assert rank(replace(told, said=())) <= before


NOES = st.sampled_from([
    {"stops": (Suppressed(ALL, ALL, False, NOW),)}, {"stops": (Suppressed(ALL, ALL, True, NOW),)},
    {"contested": True}, {"said": (yes(NOW, status=ConsentStatus.WITHDRAWN, purpose=ALL, channel=ALL, sequence=9),)},
    {"askings": (Asking((ALL,), ALL, NOW - 3 * WEEK, NOW - WEEK, False),)}])


@settings(max_examples=300)
@given(dossiers(), NOES)
def test_a_no_never_makes_a_claim_better_and_a_said_no_ends_it(told: Dossier, no: dict[str, Any]) -> None:
    after = replace(told, **no | {"said": (*told.said, *no.get("said", ()))})
    assert rank(after) <= rank(told)
    if "askings" not in no:
        assert rank(after) == 0
    file_no = replace(told, claimed=(*told.claimed, held(claim("p1", ALL, ALL, ConsentStatus.WITHDRAWN, NOW))))
    assert rank(file_no) == 0
