"""The API over real HTTP, on SQLite and PostgreSQL."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import log
from bot.parse import address
from bot.web.api.app import MOST_BYTES, OPERATIONS
from bot.web.api.handles import normalised
from bot.web.api.keys import Scope
from storage.records import ALL, Capacity, ChannelKind, ConsentStatus, Handle, Party
from storage.store import Store
from tests.contract.conftest import ANNA, NOW, event
from tests.harness.api import TOKEN, served

AT = {"at": NOW.isoformat().replace("+00:00", "Z")}
ASK = {"purpose": "newsletter", "channel": "email", **AT}
PHONE = Handle(ChannelKind.PHONE, "+33612345678")


def fill(store: Store, *, professional: ConsentStatus | None = None) -> None:
    with store.unit_of_work() as uow:
        uow.parties.add(Party("anna", Capacity.CONSUMER, country="FR"), ANNA)
        uow.ledger.append(event(ConsentStatus.GIVEN, "anna", "newsletter", "email", NOW - timedelta(days=9)))
        if professional is not None:
            uow.parties.add(Party("pro", Capacity.PROFESSIONAL, "Shop", country="FR"), ANNA)
            uow.ledger.append(event(professional, "pro", "newsletter", "email", NOW - timedelta(days=9)))
        uow.commit()


def of(handle: Handle) -> dict[str, str]:
    return {"Consentry-Handle": f"{handle.kind}:{handle.value}"}


def problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, object] = answer.json()
    assert told["status"] == status
    return told


def test_one_question_by_handle_or_party(sql_store: Store) -> None:
    fill(sql_store)
    with served(sql_store) as api:
        by_handle = api.client.get("/api/v1/permissions", params=ASK, headers=of(ANNA))
        assert by_handle.status_code == 200, by_handle.text
        told = by_handle.json()
        assert (told["allowed"], told["basis"], told["party"], told["capacity"]) == (
            True, "consent", "anna", "consumer")
        assert told["evidence"] == [1]
        assert api.client.get("/api/v1/permissions", params=ASK | {"party": "anna"}).json() == told
        assert by_handle.headers["cache-control"] == "no-store"
        other = api.client.get("/api/v1/permissions", params=ASK | {"purpose": "offers"}, headers=of(ANNA)).json()
        assert other["allowed"] is False
        nobody = api.client.get("/api/v1/permissions", params=ASK | {"party": "nobody"}).json()
        assert (nobody["allowed"], nobody["party"]) == (False, None)
        assert api.client.get("/api/v1/permissions", params=ASK,
                              headers={"Consentry-Handle": "email:Anna%40EXAMPLE.org"}).json() == told


def test_with_two_files_both_must_allow_and_the_answer_says_which_did_not(sql_store: Store) -> None:
    fill(sql_store, professional=ConsentStatus.WITHDRAWN)
    with served(sql_store) as api:
        both = api.client.get("/api/v1/permissions", params=ASK, headers=of(ANNA)).json()
        assert (both["allowed"], both["party"], both["capacity"]) == (False, "pro", "professional")
        as_consumer = api.client.get("/api/v1/permissions", params=ASK | {"capacity": "consumer"},
                                     headers=of(ANNA)).json()
        assert (as_consumer["allowed"], as_consumer["party"]) == (True, "anna")


def test_a_batch_is_answered_in_the_order_asked(sql_store: Store) -> None:
    fill(sql_store)
    someone = {"handle": {"kind": "email", "value": "someone@example.org"}}
    questions = [{**who, "purpose": purpose, "channel": "email", **AT} for purpose in ("newsletter", "offers")
                 for who in (someone, {"handle": {"kind": "email", "value": ANNA.value}}, {"party": "anna"})]
    with served(sql_store) as api:
        answer = api.client.post("/api/v1/permissions:batch", json={"questions": questions})
        told = answer.json()["permissions"]
        assert [each["allowed"] for each in told] == [False, True, True, False, False, False]
        assert [each["party"] for each in told] == [None, "anna", "anna"] * 2
        alone = [api.client.get("/api/v1/permissions", params=ASK | {"purpose": purpose}, headers=of(ANNA)).json()
                 for purpose in ("newsletter", "offers")]
        assert [told[1], told[4]] == alone
        most = api.client.post("/api/v1/permissions:batch", json={"questions": [questions[1]] * 10_000})
        assert len(most.json()["permissions"]) == 10_000
        problem(api.client.post("/api/v1/permissions:batch", json={"questions": [questions[1]] * 10_001}), 422)


def test_calls_are_counted_under_the_number_and_a_call_of_the_future_is_refused(sql_store: Store) -> None:
    with served(sql_store, clock=lambda: NOW) as api:
        body = {"handle": {"kind": "phone", "value": "06 12 34 56 78"}}
        assert api.client.post("/api/v1/calls", json=body | {"at": "2026-11-20T10:00:00+01:00"}).status_code == 200
        assert api.client.post("/api/v1/calls", json=body).json() == {"at": "2026-11-23T12:00:00Z"}
        problem(api.client.post("/api/v1/calls", json=body | {"at": "2026-11-24T10:00:00Z"}), 422)
        problem(api.client.post("/api/v1/calls", json={"handle": {"kind": "email", "value": ANNA.value}}), 422)
    with sql_store.reader() as uow:
        assert len(uow.calls.since(PHONE, NOW - timedelta(days=30))) == 2


def test_an_erased_person_is_still_matched(sql_store: Store) -> None:
    with sql_store.unit_of_work() as uow:
        uow.suppression.add(ANNA, "stop", NOW, channel=ALL, purpose=ALL)
        uow.suppression.add(PHONE, "stop", NOW, channel="phone", purpose="offers")
        uow.commit()
    handles = [{"kind": "email", "value": "b@example.org"}, {"kind": "email", "value": ANNA.value},
               {"kind": "sms", "value": PHONE.value}]
    with served(sql_store, Scope.SUPPRESSION) as api:
        def match(**scope: str) -> list[bool]:
            answer: list[bool] = api.client.post("/api/v1/suppression:match",
                                                 json={"handles": handles, **scope}).json()["suppressed"]
            return answer
        assert match() == [False, True, False]
        assert match(purpose="offers", channel="phone") == [False, True, True]


def test_the_feed_gives_changes_in_order_and_handles_only_to_who_may_see_them(sql_store: Store) -> None:
    fill(sql_store)
    with sql_store.unit_of_work() as uow:
        for number in range(5):
            uow.ledger.append(event(party=f"p{number}"))
        uow.commit()
    with served(sql_store, Scope.CHANGES) as api:
        first = api.client.get("/api/v1/changes", params={"limit": 2}).json()
        assert [each["sequence"] for each in first["changes"]] == [1, 2]
        assert (first["next"], first["more"]) == (2, True)
        assert first["changes"][0]["handles"] is None
        rest = api.client.get("/api/v1/changes", params={"after": first["next"]}).json()
        assert [each["sequence"] for each in rest["changes"]] == [3, 4, 5, 6]
        assert rest["more"] is False
        assert rest["changes"][0]["event"] == "consent:object"
        assert api.client.get("/api/v1/changes", params={"after": 6}).json() == {
            "changes": [], "next": 6, "more": False}
    with served(sql_store, Scope.CHANGES, Scope.HANDLES) as api:
        shown = api.client.get("/api/v1/changes").json()["changes"]
        assert shown[0]["handles"] == [{"kind": "email", "value": ANNA.value}]
        assert shown[1]["handles"] == []


def test_a_long_poll_answers_when_something_changes_and_when_time_is_up(sql_store: Store) -> None:
    with served(sql_store) as api, ThreadPoolExecutor(1) as pool:
        begun = time.monotonic()
        waiting = pool.submit(api.client.get, "/api/v1/changes", params={"wait": 60})
        while not api.changed.heard:
            time.sleep(0.01)
        assert not waiting.done()
        fill(sql_store)
        assert [each["sequence"] for each in waiting.result().json()["changes"]] == [1]
        assert time.monotonic() - begun < 30
        assert api.client.get("/api/v1/changes", params={"wait": 0.05, "after": 1}).json()["changes"] == []


def test_a_long_poll_does_not_hold_up_the_end(sql_store: Store) -> None:
    with ThreadPoolExecutor(1) as pool:
        with served(sql_store) as api:
            waiting = pool.submit(httpx.get, f"{api.base}/api/v1/changes?wait=60", timeout=70,
                                  headers={"Authorization": f"Bearer {TOKEN}"})
            while not api.changed.heard:
                time.sleep(0.01)
            begun = time.monotonic()
        assert time.monotonic() - begun < 4
        assert waiting.result().json()["changes"] == []


def test_a_follower_over_http_misses_nothing_while_others_write(sql_store: Store) -> None:
    def write(name: int) -> None:
        for number in range(20):
            with sql_store.unit_of_work() as uow:
                uow.ledger.append(event(party=f"p{name}-{number}"))
                uow.commit()

    with served(sql_store) as api, ThreadPoolExecutor(3) as pool:
        writing, seen, after = [pool.submit(write, name) for name in range(3)], [], 0
        while len(seen) < 60:
            page = api.client.get("/api/v1/changes", params={"after": after, "wait": 20, "limit": 7}).json()
            seen += [each["sequence"] for each in page["changes"]]
            after = page["next"]
        assert seen == list(range(1, 61))
        assert all(future.result() is None for future in writing)


def test_a_recipient_acknowledges_and_the_first_time_counts(sql_store: Store) -> None:
    fill(sql_store)
    with sql_store.unit_of_work() as uow:
        uow.ledger.append(event(party="anna"))
        uow.commit()
    times = iter(NOW + timedelta(hours=hours) for hours in range(100))
    with served(sql_store, name="esp", clock=lambda: next(times)) as api:
        first = api.client.post("/api/v1/changes/2:acknowledge").json()
        assert (first["sequence"], first["recipient"]) == (2, "esp")
        assert api.client.post("/api/v1/changes/2:acknowledge").json() == first
        for wrong in ("99", "0", "x", "-1", "9" * 30, "²"):
            problem(api.client.post(f"/api/v1/changes/{wrong}:acknowledge"), 404)
    with sql_store.reader() as uow:
        assert [(item.subscriber, item.sequence) for item, _ in uow.deliveries.of_party("anna")] == [("esp", 2)]


@pytest.mark.parametrize("sql_store", ["sqlite"], indirect=True)
def test_a_key_opens_only_what_it_is_for(sql_store: Store) -> None:
    with served(sql_store, Scope.CALLS) as api:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"},
                        {"Authorization": "Bearer"}, {"Authorization": b"Bearer \xff"}):
            refused = httpx.get(f"{api.base}/api/v1/permissions", headers=headers)  # type: ignore[arg-type]
            assert problem(refused, 401) == {"type": "about:blank", "title": "Unauthorized", "status": 401}
            assert refused.headers["www-authenticate"] == "Bearer"
        forbidden = problem(api.client.get("/api/v1/permissions"), 403)
        assert set(forbidden) == {"type", "title", "status"}
        assert httpx.get(f"{api.base}/healthz").text == "ok\n"


@pytest.mark.parametrize("sql_store", ["sqlite"], indirect=True)
def test_bad_requests_are_told_without_what_was_sent(sql_store: Store) -> None:
    with served(sql_store) as api:
        def bad(status: int, **request: object) -> str:
            answer = api.client.request(**{"method": "GET", "url": "/api/v1/permissions", **request})  # type: ignore[arg-type]
            problem(answer, status)
            assert "anna" not in answer.text
            return answer.text
        assert "never put in a URL" in bad(400, params=ASK | {"handle": ANNA.value})
        bad(400, params=ASK)
        bad(400, params=ASK | {"party": "x"}, headers=of(ANNA))
        bad(400, params=ASK, headers={"Consentry-Handle": ANNA.value})
        bad(400, url="/api/v1/permissions?purpose=a&purpose=anna")
        bad(400, url="/api/v1/permissions?anna")
        bad(422, params=ASK, headers={"Consentry-Handle": "email:anna"})
        bad(422, params=ASK | {"channel": "sms"}, headers=of(ANNA))
        bad(422, params=ASK | {"anna@example.org": "x"}, headers=of(ANNA))
        bad(422, params=ASK | {"purpose": "all", "party": "p"})
        bad(422, params={"purpose": "n", "channel": "anna", "party": "p"})
        bad(422, params=ASK | {"at": "2026-11-23T12:00:00", "party": "p"})
        batch = {"method": "POST", "url": "/api/v1/permissions:batch"}
        bad(422, **batch, json={"questions": [{"handle": {"kind": "email", "value": "anna"}, **ASK}]})
        bad(422, **batch, json={"questions": [{**ASK, "anna@example.org": 1}]})
        bad(422, **batch, content=b'{"questions": [anna', headers={"content-type": "application/json"})
        bad(415, **batch, content=b"{}")
        bad(413, **batch, content=b" " * (MOST_BYTES + 1), headers={"content-type": "application/json"})
        bad(413, **batch, content=iter([b" " * MOST_BYTES, b"xx"]), headers={"content-type": "application/json"})
        bad(400, method="POST", url="/api/v1/changes/1:acknowledge", content=b"anna")
        bad(404, url="/api/v1/anna")
        bad(405, method="DELETE")
        bad(405, url="/api/v1/changes/1:acknowledge")


@pytest.mark.parametrize("sql_store", ["sqlite"], indirect=True)
def test_a_lost_store_is_a_problem_too(sql_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    with served(sql_store) as api:
        with sql_store.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("DROP TABLE relation")
        told = problem(api.client.get("/api/v1/permissions", params=ASK, headers=of(ANNA)), 500)
        assert set(told) == {"type", "title", "status"}
    structlog.reset_defaults()
    seen = capsys.readouterr()
    assert "api_failed" in seen.err
    assert "anna" not in seen.out + seen.err


@pytest.mark.parametrize("sql_store", ["sqlite"], indirect=True)
def test_the_description_is_what_the_routes_do(sql_store: Store) -> None:
    """Every operation is described, answers what its schema says, and needs the scope it names."""
    fill(sql_store)
    sent = {
        ("GET", "/api/v1/permissions"): {"params": ASK, "headers": of(ANNA)},
        ("POST", "/api/v1/permissions:batch"): {"json": {"questions": [{"party": "anna", **ASK}]}},
        ("GET", "/api/v1/changes"): {},
        ("POST", "/api/v1/changes/{sequence}:acknowledge"): {},
        ("POST", "/api/v1/calls"): {"json": {"handle": {"kind": "phone", "value": PHONE.value}}},
        ("POST", "/api/v1/suppression:match"): {"json": {"handles": [{"kind": "email", "value": ANNA.value}]}},
    }
    with served(sql_store) as api:
        described = httpx.get(f"{api.base}/api/v1/openapi.json").json()
        page = httpx.get(f"{api.base}/api", follow_redirects=True)
        assert {(method.upper(), path) for path, verbs in described["paths"].items() for method in verbs} == set(sent)
        for operation in OPERATIONS:
            request = sent[operation.method, operation.path]
            answer = api.client.request(operation.method, operation.path.replace("{sequence}", "1"),
                                        **request)  # type: ignore[arg-type]
            assert answer.status_code == 200, answer.text
            assert operation.answer.model_validate_json(answer.text)
            said = described["paths"][operation.path][operation.method.lower()]
            reference = said["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            schema = described["components"]["schemas"][reference.rpartition("/")[2]]
            assert set(answer.json()) == set(schema["properties"]), operation.path
            assert (operation.run is None) != (operation.run_async is None)
            assert operation.path in page.text
        for reference in (part.partition('"')[0] for part in json.dumps(described).split("#/components/schemas/")[1:]):
            assert reference in described["components"]["schemas"]
    assert "http" not in page.text.replace("http-equiv", ""), "nothing is loaded from elsewhere"
    assert "<script" not in page.text


def test_handles_are_normalised_as_the_store_keeps_them() -> None:
    def value(kind: ChannelKind, text: str) -> str | None:
        found = normalised(kind, text, "FR")
        return found.value if found else None
    assert value(ChannelKind.EMAIL, " Anna@EXAMPLE.org ") == "anna@example.org"
    assert value(ChannelKind.EMAIL, "anna@bücher.example") == "anna@xn--bcher-kva.example"
    assert value(ChannelKind.EMAIL, "a@x.org, b@x.org") is None
    assert value(ChannelKind.EMAIL, "anna") is None
    assert value(ChannelKind.SMS, "06 12 34 56 78") == "+33612345678"
    assert value(ChannelKind.PHONE, "+44 20 7946 0958") == "+442079460958"
    assert value(ChannelKind.PHONE, "12") is None
    assert value(ChannelKind.PHONE, "anna") is None
    assert value(ChannelKind.CHAT, " 42 ") == "42"
    assert value(ChannelKind.POST, " ") is None


@given(st.from_regex(r"[A-Za-z0-9._+-]{1,9}@([A-Za-z0-9-]{1,5}\.){1,2}[A-Za-z0-9-]{1,5}", fullmatch=True))
def test_a_plain_address_is_what_the_parser_of_mails_makes_of_it(text: str) -> None:
    parsed = address(text)
    assert parsed is None or normalised(ChannelKind.EMAIL, text, "FR") == parsed


def test_the_server_serves_several_at_once(sql_store: Store) -> None:
    fill(sql_store)
    with served(sql_store) as api:
        gate = threading.Barrier(8)

        def ask(_: int) -> bool:
            with httpx.Client(base_url=api.base, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
                gate.wait(30)
                return all(client.get("/api/v1/permissions", params=ASK, headers=of(ANNA)).json()["allowed"]
                           for _ in range(10))

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(8)))
