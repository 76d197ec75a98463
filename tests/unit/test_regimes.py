"""Rows of the law: read strictly, dated, and each allows what it says and nothing else."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.policy.books import rows_of
from bot.policy.explanation import countries
from bot.policy.load import RegimeError, forms, read, regime_for, regimes
from bot.policy.permission_types import Basis, Operator, Override, PurposeFacts, Sector, Switches
from storage.records import Capacity, ChannelKind, Party, Relation, Source
from tests.harness.law import DAY, NOON, SALE, WORK, ask, customer, operator, person, professional, yes

ROW = """[[regime]]
id = "XX-01"
means = ["email"]
capacity = ["consumer"]
rule = "opt_in"
citation = "a law"
confidence = "S"
"""
ENERGY = frozenset({Sector.ENERGY_RENOVATION})
HOME = frozenset({Sector.HOME_ADAPTATION})
CONTRACT = PurposeFacts(contract=True)


def on(text: str, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).replace(hour=hour)


def test_every_row_of_france_and_of_the_short_table_is_there() -> None:
    ids = {row.id for row in regimes()}
    assert {f"FR-{number:02}" for number in range(1, 22)} <= ids
    assert set(countries()) == {"EU", "DE", "AT", "BE", "LU", "CH", "ES", "IT", "NL", "GB", "US", "CA", "FR"}
    assert all(row.citation and row.confidence for row in regimes())


@pytest.mark.parametrize(("change", "words"), [
    (('rule = "opt_in"', 'rule = "opt_in"\nrul = 1'), "unknown keys"),
    (('citation = "a law"\n', ""), "missing keys"),
    (('"opt_in"', '"maybe"'), "maybe"), (('["email"]', '["fax"]'), "fax"), (('"S"', '"sure"'), "confidence"),
    (('rule = "opt_in"', 'rule = "opt_in"\nconditions = ["lucky"]'), "lucky"),
    (('rule = "opt_in"', 'rule = "opt_in"\nlife_days = "a year"'), "life_days"),
    (('rule = "opt_in"', 'rule = "opt_in"\nlife_days = 0'), "above 0"),
    (('rule = "opt_in"', 'rule = "opt_in"\nfrom = 2026-01-01\nto = 2026-01-01'), "ends before"),
    (('rule = "opt_in"', 'rule = "register"'), "names the register"),
    (('rule = "opt_in"', 'rule = "schedule"'), "weekdays"),
    (('rule = "opt_in"', 'rule = "opt_in"\nunless = ["own"]'), "unless"),
    (('"opt_in"', '"schedule"\nweekdays = [0]\nwindows = ["13:00-10:00"]'), "ends before"),
    (("[[regime]]", "[[regimes]]"), "unknown tables"),
])
def test_a_wrong_row_is_refused_by_name(change: tuple[str, str], words: str) -> None:
    with pytest.raises(RegimeError, match=words):
        read(ROW.replace(*change), "XX")


def test_two_rows_for_one_case_are_refused_unless_their_dates_differ() -> None:
    other = ROW.replace("XX-01", "XX-02").replace("opt_in", "free")
    with pytest.raises(RegimeError, match="XX-01 and XX-02"):
        read(ROW + other, "XX")
    with pytest.raises(RegimeError, match="there twice"):
        read(ROW + ROW, "XX")
    ended, began = ROW + "to = 2026-01-01\n", other + "from = 2026-01-01\n"
    assert len(read(ended + began, "XX")) == 2
    with pytest.raises(RegimeError, match="same case"):
        read(ROW + "to = 2026-01-02\n" + began, "XX")


@pytest.mark.parametrize(("country", "channel", "capacity", "day", "row"), [
    ("FR", "email", "consumer", "2026-11-23", "FR-01"), ("FR", "email", "consumer", "2004-06-21", "strict-opt-in"),
    ("FR", "email", "professional", "2026-11-23", "FR-04"), ("FR", "phone", "consumer", "2026-08-10", "FR-09"),
    ("FR", "phone", "consumer", "2026-08-11", "FR-10"), ("FR", "phone", "professional", "2026-08-11", "FR-14"),
    ("FR", "post", "consumer", "2026-08-11", "FR-19"), ("FR", "chat", "professional", "2026-08-11", "strict-opt-in"),
    ("NL", "phone", "consumer", "2021-06-30", "strict-opt-in"), ("NL", "phone", "consumer", "2021-07-01", "NL-04"),
    ("US", "sms", "consumer", "2027-01-30", "US-01"), ("US", "sms", "consumer", "2027-01-31", "US-02"),
    ("ES", "phone", "consumer", "2026-12-27", "ES-03"), ("ES", "phone", "consumer", "2026-12-28", "ES-05"),
    ("ZZ", "email", "consumer", "2026-11-23", "strict-opt-in"),
])
def test_the_general_row_by_date(country: str, channel: str, capacity: str, day: str, row: str) -> None:
    assert regime_for(country, ChannelKind(channel), Capacity(capacity), date.fromisoformat(day)) == row


@pytest.mark.parametrize(("means", "known", "by", "told"), [
    ("email", {}, operator(), (False, "no_consent", "FR-01")),
    ("email", {"states": [yes()]}, operator(), (True, "consent", "FR-01")),
    ("sms", {"states": [yes()]}, operator(), (False, "no_consent", "FR-01")),
    ("chat", {"states": [yes("chat")]}, operator(), (True, "consent", "FR-01")),
    ("email", {"relation": customer()}, operator(), (True, "customer", "FR-02")),
    ("email", {"relation": customer(source=Source.THIRD_PARTY)}, operator(), (False, "lacks_from_person", "FR-02")),
    ("email", {"relation": customer(at_sale=False)}, operator(), (False, "lacks_at_sale", "FR-02")),
    ("email", {"relation": customer(refusal_offered=False)}, operator(), (False, "lacks_refusal_offered", "FR-02")),
    ("email", {"relation": customer()}, operator(PurposeFacts(own=True, refusal_in_each=True)),
     (False, "lacks_analogous", "FR-02")),
    ("email", {"relation": customer()}, operator(PurposeFacts(analogous=True, refusal_in_each=True)),
     (False, "lacks_own", "FR-02")),
    ("email", {"relation": customer()}, operator(PurposeFacts(analogous=True, own=True)),
     (False, "lacks_refusal_in_each", "FR-02")),
    ("phone", {}, operator(), (False, "no_consent", "FR-10")),
    ("phone", {"states": [yes("phone")]}, operator(), (True, "consent", "FR-10")),
    ("phone", {"relation": customer()}, operator(), (False, "no_consent", "FR-10")),
    ("phone", {"relation": customer(contract_until=NOON + DAY)}, operator(CONTRACT), (True, "contract", "FR-11")),
    ("phone", {"relation": customer(contract_until=NOON)}, operator(CONTRACT),
     (False, "lacks_contract_running", "FR-11")),
    ("phone", {"relation": customer(contract_until=NOON + DAY)}, operator(),
     (False, "lacks_contract_related", "FR-11")),
    ("phone", {}, operator(sectors=frozenset({Sector.PRESS})), (True, "free", "FR-12")),
    ("auto_call", {}, operator(), (False, "no_consent", "FR-07")),
    ("auto_call", {"relation": customer()}, operator(), (True, "customer", "FR-07C")),
    ("auto_call", {"states": [yes("phone")]}, operator(), (True, "consent", "FR-07")),
    ("post", {}, operator(), (True, "opt_out", "FR-19")),
    ("post", {}, operator(PurposeFacts()), (False, "lacks_refusal_in_each", "FR-19")),
    ("push", {"states": [yes("chat")]}, operator(), (False, "no_consent", "FR-21")),
    ("phone", {"states": [yes("phone")]}, operator(sectors=ENERGY), (False, "banned", "FR-15")),
    ("phone", {"states": [yes("phone")]}, operator(sectors=HOME), (False, "banned", "FR-16")),
    ("email", {"states": [yes()]}, operator(sectors=HOME), (False, "banned", "FR-17")),
    ("sms", {"states": [yes("sms")]}, operator(sectors=ENERGY), (False, "banned", "FR-17")),
    ("phone", {"relation": customer(contract_until=NOON + DAY)}, operator(CONTRACT, sectors=ENERGY),
     (True, "contract", "FR-11")),
    ("phone", {"relation": customer(asked_at=NOON - DAY)}, operator(PurposeFacts(call_back=True), sectors=ENERGY),
     (True, "call_back", "FR-18")),
    ("phone", {"relation": customer(asked_at=NOON - DAY)}, operator(sectors=ENERGY), (False, "banned", "FR-15")),
    ("email", {"relation": customer(at_sale=False, last_sale_at=None)},
     operator(PurposeFacts(non_commercial=True, refusal_in_each=True)), (True, "opt_out", "FR-20")),
])
def test_france_consumer(means: str, known: dict[str, Any], by: Operator, told: tuple[bool, str, str]) -> None:
    answer = ask(person(), means, by=by, **known)
    assert (answer.allowed, answer.reason, answer.regime) == told


INFORMED = Relation("p", Source.PERSON, NOON - DAY, refusal_offered=True)


@pytest.mark.parametrize(("means", "organisation", "generic", "facts", "known", "told"), [
    ("email", "ACME", False, WORK, {"relation": INFORMED}, (True, "opt_out", "FR-04")),
    ("email", "ACME", False, WORK, {}, (False, "lacks_refusal_offered", "FR-04")),
    ("email", "ACME", False, SALE, {"relation": INFORMED}, (False, "lacks_related_to_profession", "FR-04")),
    ("email", "ACME", False, SALE, {"states": [yes()]}, (True, "consent", "FR-05")),
    ("sms", "ACME", False, WORK, {"relation": INFORMED}, (True, "opt_out", "FR-04")),
    ("email", None, False, WORK, {"relation": INFORMED}, (False, "no_consent", "FR-04S")),
    ("email", "ACME", True, PurposeFacts(), {}, (True, "free", "FR-06")),
    ("chat", "ACME", False, WORK, {"relation": INFORMED}, (False, "no_consent", "strict-opt-in")),
    ("auto_call", "ACME", False, WORK, {"relation": INFORMED}, (True, "opt_out", "FR-08")),
    ("auto_call", None, False, WORK, {"relation": INFORMED}, (False, "no_consent", "FR-08S")),
    ("phone", "ACME", False, WORK, {}, (True, "opt_out", "FR-14")),
    ("phone", None, False, PurposeFacts(refusal_in_each=True), {}, (False, "lacks_related_to_profession", "FR-14")),
])
def test_france_professional(means: str, organisation: str | None, generic: bool, facts: PurposeFacts,
                             known: dict[str, Any], told: tuple[bool, str, str]) -> None:
    answer = ask(professional(organisation=organisation), means, by=operator(facts), generic=generic, **known)
    assert (answer.allowed, answer.reason, answer.regime) == told


def test_a_live_call_before_and_after_11_august_2026() -> None:
    looked = {"Bloctel": on("2026-08-01")}
    before = ask(person(), "phone", at=on("2026-08-10"), registers=looked)
    assert (before.allowed, before.reason, before.regime) == (True, "register", "FR-09")
    assert ask(person(), "phone", at=on("2026-08-10")).reason == "lacks_register_checked"
    assert ask(person(), "phone", at=on("2026-08-10"), registers={"Bloctel": on("2026-07-01")}).allowed is False
    after = ask(person(), "phone", at=on("2026-08-11"), registers=looked)
    assert (after.allowed, after.reason, after.regime) == (False, "no_consent", "FR-10")
    old = ask(person(), "phone", at=on("2026-08-12"), states=[yes("phone", on("2026-08-10"))])
    assert (old.allowed, old.reason) == (False, "consent_form")
    assert ask(person(), "phone", at=on("2026-08-12"), states=[yes("phone", on("2026-08-11"))]).allowed


def test_bans_begin_when_they_begin() -> None:
    banned = [ask(person(), "sms", at=on(day), states=[yes("sms", on("2025-06-01"))], by=operator(sectors=HOME)).reason
              for day in ("2025-07-01", "2025-07-02")]
    assert banned == ["consent", "banned"]


@pytest.mark.parametrize(("country", "means", "party", "facts", "known", "told"), [
    ("PL", "email", person, SALE, {}, (False, "no_consent", "EU-01")),
    ("PL", "email", person, SALE, {"relation": customer()}, (True, "customer", "EU-02")),
    ("PL", "phone", person, SALE, {"relation": customer()}, (False, "no_consent", "strict-opt-in")),
    ("DE", "email", person, SALE, {"relation": customer()}, (True, "customer", "DE-02")),
    ("DE", "email", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "DE-01")),
    ("DE", "phone", person, SALE, {"states": [yes("phone")]}, (True, "consent", "DE-03")),
    ("DE", "phone", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "DE-04")),
    ("AT", "sms", person, SALE, {"relation": customer()}, (True, "customer", "AT-02")),
    ("AT", "email", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "AT-01")),
    ("AT", "phone", person, SALE, {"relation": customer()}, (False, "no_consent", "AT-03")),
    ("BE", "email", person, SALE, {"relation": customer()}, (True, "customer", "BE-02")),
    ("LU", "email", person, SALE, {"relation": customer()}, (True, "customer", "LU-02")),
    ("LU", "email", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "LU-03")),
    ("LU", "phone", person, SALE, {}, (False, "no_consent", "LU-04")),
    ("CH", "email", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "CH-01")),
    ("CH", "email", person, SALE, {"relation": customer()}, (True, "customer", "CH-02")),
    ("CH", "phone", person, SALE, {}, (False, "lacks_register_checked", "CH-03")),
    ("CH", "phone", person, SALE, {"registers": {"directory": NOON - DAY}}, (True, "register", "CH-03")),
    ("ES", "email", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "ES-01")),
    ("ES", "phone", person, SALE, {"relation": customer()}, (False, "lacks_register_checked", "ES-04")),
    ("ES", "phone", person, SALE, {"relation": customer(), "registers": {"Robinson": NOON}},
     (True, "opt_out", "ES-04")),
    ("IT", "email", person, SALE, {"relation": customer()}, (True, "customer", "IT-02")),
    ("IT", "sms", person, SALE, {"relation": customer()}, (False, "no_consent", "IT-01")),
    ("IT", "phone", person, SALE, {"states": [yes("phone")]}, (False, "lacks_register_checked", "IT-03")),
    ("IT", "phone", person, SALE, {"states": [yes("phone")], "registers": {"RPO": NOON - DAY}},
     (True, "consent", "IT-03")),
    ("NL", "email", person, SALE, {"relation": customer()}, (True, "customer", "NL-02")),
    ("NL", "phone", person, SALE, {"relation": customer()}, (False, "no_consent", "NL-04")),
    ("GB", "email", person, SALE, {"relation": customer()}, (True, "customer", "UK-02")),
    ("GB", "email", person, SALE, {"relation": customer(at_sale=False, last_sale_at=None, asked_at=NOON - DAY)},
     (True, "customer", "UK-02N")),
    ("GB", "email", professional, WORK, {}, (False, "lacks_legal_person", "UK-04")),
    ("GB", "email", professional, PurposeFacts(legal_persons=True, refusal_in_each=True), {},
     (True, "opt_out", "UK-04")),
    ("GB", "phone", person, SALE, {"registers": {"TPS": NOON - 28 * DAY}}, (False, "lacks_register_checked", "UK-05")),
    ("GB", "phone", professional, SALE, {"registers": {"CTPS": NOON - DAY}}, (True, "register", "UK-06")),
    ("GB", "auto_call", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "UK-07")),
    ("US", "email", person, SALE, {}, (True, "opt_out", "US-03")),
    ("US", "email", person, PurposeFacts(), {}, (False, "lacks_refusal_in_each", "US-03")),
    ("US", "sms", professional, WORK, {"relation": INFORMED}, (False, "no_consent", "US-01")),
    ("CA", "email", person, SALE, {"relation": customer()}, (True, "customer", "CA-02")),
    ("CA", "email", person, SALE, {"relation": customer(last_sale_at=NOON - 730 * DAY)},
     (False, "lacks_sale_recent", "CA-02")),
    ("CA", "email", person, SALE, {"relation": Relation("p", asked_at=NOON - 180 * DAY)}, (True, "customer", "CA-03")),
    ("CA", "email", person, SALE, {"relation": Relation("p", asked_at=NOON - 181 * DAY)},
     (False, "lacks_asked_recently", "CA-03")),
    ("CA", "email", professional, PurposeFacts(published=True, related_to_profession=True, refusal_in_each=True), {},
     (True, "opt_out", "CA-04")),
    ("CA", "auto_call", person, SALE, {"relation": customer()}, (False, "no_consent", "CA-05")),
    ("ZZ", "email", person, SALE, {"relation": customer()}, (False, "no_consent", "strict-opt-in")),
])
def test_other_countries(country: str, means: str, party: Callable[..., Party], facts: PurposeFacts,
                         known: dict[str, Any], told: tuple[bool, str, str]) -> None:
    answer = ask(party(country), means, by=operator(facts, country=country), **known)
    assert (answer.allowed, answer.reason, answer.regime) == told


def test_the_dutch_exception_for_calls_ends_on_1_july_2026_but_for_charities_and_the_press() -> None:
    sold = customer(last_sale_at=on("2026-03-01"))
    last, first = on("2026-06-30"), on("2026-07-01")
    assert ask(person("NL"), "phone", at=last, relation=sold).regime == "NL-05"
    assert ask(person("NL"), "phone", at=first, relation=sold).reason == "no_consent"
    charity = operator(sectors=frozenset({Sector.CHARITY}))
    assert ask(person("NL"), "phone", at=first, relation=sold, by=charity).regime == "NL-06"
    assert ask(person("NL"), "phone", at=last, relation=customer(last_sale_at=on("2023-06-01"))).allowed is False


def test_british_charities_only_for_what_they_collected_since_5_february_2026() -> None:
    charity = operator(PurposeFacts(own=True, refusal_in_each=True, non_commercial=True), country="GB",
                       sectors=frozenset({Sector.CHARITY}))
    given = {day: ask(person("GB"), by=charity, relation=Relation("p", Source.PERSON, on(day), refusal_offered=True))
             for day in ("2026-02-04", "2026-02-05")}
    assert [each.reason for each in given.values()] == ["lacks_collected_since", "customer"]


def test_in_spain_calls_show_the_reserved_prefix_from_28_december_2026() -> None:
    said = [yes("phone", on("2026-12-01"))]
    assert ask(person("ES"), "phone", at=on("2026-12-27"), states=said).allowed
    late = ask(person("ES"), "phone", at=on("2026-12-28"), states=said)
    assert (late.reason, late.regime) == ("lacks_reserved_prefix", "ES-05")
    prefixed = operator(PurposeFacts(reserved_prefix=True))
    assert ask(person("ES"), "phone", at=on("2026-12-28"), states=said, by=prefixed).allowed


def test_belgian_generic_addresses_of_legal_persons_are_free() -> None:
    by = operator(PurposeFacts(legal_persons=True), country="BE")
    assert ask(professional("BE"), by=by, generic=True).regime == "BE-03"
    assert not ask(professional("BE"), by=operator(PurposeFacts(), country="BE"), generic=True).allowed


def test_where_a_row_is_doubtful_the_stricter_of_the_two_countries_counts() -> None:
    looked = {"registers": {"Ne m'appelez plus": NOON - DAY}}
    assert ask(person("BE"), "phone", by=operator(country="BE"), **looked).regime == "BE-04"
    abroad = ask(person("BE"), "phone", by=operator(country="FR"), **looked)
    assert (abroad.allowed, abroad.regime) == (False, "FR-10")
    sure = operator(country="FR", overrides={"BE-04": Override("our counsel in Brussels read it")})
    assert ask(person("BE"), "phone", by=sure, **looked).regime == "BE-04*"


def test_the_persons_country_counts_and_the_controllers_when_it_is_not_known() -> None:
    assert ask(person("DE"), by=operator(country="FR"), relation=customer()).regime == "DE-02"
    assert ask(person(None), by=operator(country="DE"), relation=customer()).regime == "DE-02"
    assert ask(person("RE"), by=operator(country="FR"), relation=customer()).regime == "FR-02"


def test_the_phone_consent_form_has_the_five_mentions() -> None:
    (form,) = forms()
    codes = [mention.code for mention in form.mentions]
    assert [mention.article for mention in form.mentions] == [f"R223-1 I {number}°" for number in range(1, 6)]
    assert form.missing(frozenset(codes)) == ()
    assert form.missing(frozenset(codes) - {"period"}) == ("period",)


ACCOUNT = PurposeFacts(analogous=True, own=True, refusal_in_each=True, account=True)
REGISTERED = Relation("p", Source.PERSON, NOON - DAY, refusal_offered=True)


def test_switches_are_strict_until_the_operator_turns_them() -> None:
    assert ask(person(), by=operator(ACCOUNT), relation=REGISTERED).reason == "no_consent"
    lighter = operator(ACCOUNT, switches=Switches(account_without_purchase="customer"))
    assert ask(person(), by=lighter, relation=REGISTERED).regime == "FR-03"
    trader = professional(organisation=None)
    by = operator(WORK, switches=Switches(automata_to_sole_traders="opt_out"))
    assert ask(trader, "auto_call", by=by, relation=INFORMED).regime == "FR-08S"
    homes = {"at": on("2026-08-10"), "registers": {"Bloctel": on("2026-08-09")}}
    assert ask(person(), "phone", by=operator(sectors=HOME), **homes).reason == "banned"
    late = operator(sectors=HOME, switches=Switches(home_adaptation_calls="2026-08-11"))
    assert ask(person(), "phone", by=late, **homes).reason == "register"
    early = NOON.replace(hour=7, minute=30)  # 8:30 in Paris
    texts = {"states": [yes("sms")], "at": early}
    assert ask(person(), "sms", **texts).reason == "hours"
    assert ask(person(), "sms", by=operator(switches=Switches(sms_hours="8-20")), **texts).allowed
    asked = {"relation": customer(asked_at=NOON - DAY)}
    assert not ask(person(), "phone", by=operator(PurposeFacts(call_back=True)), **asked).allowed
    wide = operator(PurposeFacts(call_back=True), switches=Switches(call_back="any_sector"))
    assert ask(person(), "phone", by=wide, **asked).regime == "FR-18"


def test_a_decision_names_the_overridden_row_with_a_star() -> None:
    line = "FR", ChannelKind.EMAIL, Capacity.CONSUMER, date(2026, 11, 23)
    assert regime_for(*line, frozenset({"FR-01"})) == "FR-01*"
    assert regime_for(*line, frozenset({"FR-02"})) == "FR-01"


def test_an_override_changes_one_row_and_is_marked() -> None:
    by = operator(WORK, overrides={"FR-04S": Override(
        "counsel reads the CNIL's position as serving them", rule="opt_out",
        conditions=("related_to_profession", "refusal_offered", "refusal_in_each"))})
    answer = ask(professional(organisation=None), by=by, relation=INFORMED)
    assert (answer.allowed, answer.regime, answer.basis) == (True, "FR-04S*", Basis.OPT_OUT)
    shorter = operator(overrides={"FR-10": Override("we promise half a year", parameters={"life_days": 180})})
    assert ask(person(), "phone", states=[yes("phone", NOON - 100 * DAY)], by=shorter).allowed
    later = NOON + 84 * DAY
    assert ask(person(), "phone", states=[yes("phone", NOON - 100 * DAY)], by=shorter, at=later).reason == (
        "consent_expired")


@pytest.mark.parametrize(("row", "override", "words"), [
    ("FR-99", Override("a reason"), "no row FR-99"),
    ("FR-01", Override("a reason", rule="schedule"), "no windows"),
    ("FR-01", Override("a reason", conditions=("lucky",)), "no condition lucky"),
    ("FR-01", Override("a reason", parameters={"life": 1}), "parameter of FR-01"),
    ("FR-01", Override("a reason", parameters={"life_days": "x"}), "life_days"),
    ("FR-01", Override("a reason", until=date(2000, 1, 1)), "end before"),
    ("FR-09", Override("a reason", until=date(2027, 1, 1)), "same case"),
])
def test_an_override_that_cannot_be_is_said(row: str, override: Override, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rows_of(Operator(overrides={row: override}))
