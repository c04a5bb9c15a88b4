"""Bad input: the envelope, the field's name, never a 500."""

import ipaddress

import pytest
from probe import ADMIN, VIEWER

from studio_kernel.errors import RateLimited, ValidationFailed
from studio_kernel.http.listing import Filter, KnownRequests, Listing, Sort, parse_list_request
from studio_kernel.http.requests import incoming, prefers_events
from studio_kernel.http.schemas import Schema, load
from studio_kernel.ratelimit import RateLimiter
from studio_kernel.security.principal import anonymous


def error_of(answer, status, code):
    body = answer.json()
    assert (answer.status_code, body["success"], body["error"]["code"]) == (status, False, code)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["timestamp"].endswith("Z")
    return body["error"]["details"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b'"text"', "body"),
        (b"\xff\xfe", "body"),
        (b'{"name": NaN}', "body"),
        (b"{}", "name"),
        (b'{"name": 5}', "name"),
        (b'{"name": null}', "name"),
        (b'{"name": ""}', "name"),
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "a\\u0007b"}', "name"),
        (b'{"name": ' + b"[" * 1000 + b'"\\u0000"' + b"]" * 1000 + b"}", "body"),
        (b'{"name": "\\ud800"}', "body"),
        (b'{"name": "' + b"x" * 51 + b'"}', "name"),
        (b'{"name": "a", "size": "1"}', "size"),
        (b'{"name": "a", "size": 1.5}', "size"),
        (b'{"name": "a", "size": true}', "size"),
        (b'{"name": "a", "size": -1}', "size"),
        (b'{"name": "a", "size": 99999999999999999999999999}', "size"),
        (b'{"name": "a", "due": "2024-01-15"}', "due"),
        (b'{"name": "a", "due": "2024-01-15T10:00:00"}', "due"),
        (b'{"name": "a", "due": "2024-02-31T10:00:00Z"}', "due"),
        (b'{"name": "a", "due": 5}', "due"),
        (b'{"name": "a", "kind": "huge"}', "kind"),
        (b'{"name": "a", "shiny": "true"}', "shiny"),
        (b'{"name": "a", "nmae": "b"}', "nmae"),
    ],
)
def test_a_wrong_body_is_refused_by_field(app, body, field):
    answer = app.anonymous.post("/api/v1/things", content=body, headers={**ADMIN, "Content-Type": "application/json"})
    assert error_of(answer, 400, "VALIDATION_ERROR")["field"] == field


def test_an_unknown_field_says_what_was_meant(app):
    answer = app.anonymous.post("/api/v1/things", json={"name": "a", "siez": 2}, headers=ADMIN)
    assert "did you mean 'size'" in error_of(answer, 400, "VALIDATION_ERROR")["error"]


def test_no_more_unknown_fields_are_told_than_anybody_reads():
    class Nothing(Schema):
        """Takes nothing."""

    with pytest.raises(ValidationFailed) as refused:
        load(Nothing(), {f"{number:05}{'x' * 1000}": 1 for number in range(5000)})
    told = refused.value.details["errors"]
    assert len(told) == 100
    assert max(len(each["field"]) for each in told) == 100


def test_several_wrong_fields_are_told_together(app):
    answer = app.anonymous.post("/api/v1/things", json={"name": "", "size": -1}, headers=ADMIN)
    details = error_of(answer, 400, "VALIDATION_ERROR")
    assert {each["field"] for each in details["errors"]} == {"name", "size"}
    assert {"field", "error"} <= set(details)


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/xml", "application/json; charset=latin-1"])
def test_another_media_type_is_415(app, media_type):
    answer = app.anonymous.post("/api/v1/things", content=b"{}", headers={**ADMIN, "Content-Type": media_type})
    error_of(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_huge_body_is_413_with_and_without_its_length(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe], overrides={"max_body_bytes": 2000})

    async def chunks():
        for _ in range(10):
            yield b"x" * 500

    headers = {**ADMIN, "Content-Type": "application/json"}
    error_of(studio.anonymous.post("/api/v1/things", content=b"x" * 2001, headers=headers), 413, "PAYLOAD_TOO_LARGE")
    error_of(studio.anonymous.post("/api/v1/things", content=chunks(), headers=headers), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=99999999999999999999", "page"),
        ("page=%D9%A3", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("sort=password", "sort"),
        ("order=up", "order"),
        ("size=9", "size"),
        ("created_after=yesterday", "created_after"),
        ("created_after=2024-01-01", "created_after"),
        ("search_fields=secret", "search_fields"),
        ("cursor=!!!", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=WyJhIiwiYiIsMSwyXQ", "cursor"),
        ("cursor=&page=2", "cursor"),
        ("page=1&page=2", "page"),
        ("pgae=1", "pgae"),
        ("search=%00", "search"),
        ("search=%FF", "query"),
        ("a=1&" * 70, "query"),
    ],
)
def test_a_wrong_query_is_refused_by_field(app, query, field):
    answer = app.anonymous.get(f"/api/v1/things?{query}")
    assert error_of(answer, 400, "VALIDATION_ERROR")["field"] == field


def test_query_parameters_where_none_are_taken_are_refused(app):
    answer = app.anonymous.get("/api/v1/broken?x=1")
    assert error_of(answer, 400, "VALIDATION_ERROR")["field"] == "x"


def test_an_unknown_path_is_404_and_a_wrong_method_405_with_allow(app):
    error_of(app.anonymous.get("/api/v1/nowhere"), 404, "NOT_FOUND")
    answer = app.anonymous.delete("/api/v1/things")
    error_of(answer, 405, "METHOD_NOT_ALLOWED")
    assert {"GET", "POST"} <= {part.strip() for part in answer.headers["allow"].split(",")}


def test_options_tells_what_a_path_takes_with_the_headers_of_every_answer(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe], overrides={"rate_limit_anonymous": "2/hour"})
    answer = studio.anonymous.request("OPTIONS", "/api/v1/things", headers={"X-Request-ID": "req_abc"})
    assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, OPTIONS, POST")
    assert answer.headers["x-request-id"] == "req_abc"
    assert answer.headers["x-ratelimit-remaining"] == "1"
    studio.anonymous.request("OPTIONS", "/api/v1/things")
    error_of(studio.anonymous.request("OPTIONS", "/api/v1/things"), 429, "RATE_LIMITED")


def headers_of(*raw, client="127.0.0.1", trusted=()):
    scope = {"headers": raw, "client": (client, 50000), "method": "GET", "path": "/"}
    return incoming(scope, {}, [ipaddress.ip_network(each) for each in trusted])


def test_cookies_in_several_headers_are_one_list_of_cookies():
    request = headers_of((b"cookie", b"a=1"), (b"accept", b"x/y"), (b"cookie", b"b=2"), (b"accept", b"z/y"))
    assert request.headers == {"cookie": "a=1; b=2", "accept": "x/y, z/y"}


def test_an_ipv4_address_is_known_again_on_a_socket_for_both_kinds():
    named = (b"x-forwarded-for", b"198.51.100.7, ::ffff:10.0.0.9")
    request = headers_of(named, client="::ffff:10.0.0.1", trusted=["10.0.0.0/8"])
    assert (request.address, request.peer) == ("198.51.100.7", "10.0.0.1")
    assert headers_of(client="2001:db8::1").address == "2001:db8::1"


@pytest.mark.parametrize("path", ["/api/v1/things/%00", "/api/v1/things/%FF", "/api/v1/things/" + "a" * 300])
def test_a_path_that_names_nothing_is_404(app, path):
    assert app.anonymous.get(path).status_code == 404


def test_an_accept_that_can_not_be_met_is_406(app):
    answer = app.anonymous.get("/api/v1/things", headers={"Accept": "text/html"})
    error_of(answer, 406, "NOT_ACCEPTABLE")


def test_an_accept_that_is_not_well_formed_is_406(app):
    for accept in ("json", "text/html;q=x", ";", "text/html, application/*;q=\u00b2", "application/*, x"):
        answer = app.anonymous.get("/api/v1/things", headers={"Accept": accept.encode("latin-1")})
        error_of(answer, 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("accept", ["text/event-stream;q=x", "text/event-stream, json", "text/event-stream;q=0"])
def test_events_are_only_sent_to_who_asks_for_them_in_good_form(accept):
    assert not prefers_events(accept)
    assert prefers_events("text/event-stream")


def test_a_failure_inside_says_nothing_of_the_inside(app):
    answer = app.anonymous.get("/api/v1/broken")
    error_of(answer, 500, "INTERNAL_ERROR")
    assert "secret" not in answer.text


def test_the_clients_request_id_is_kept_when_well_formed(app):
    assert app.anonymous.get("/health", headers={"X-Request-ID": "req_abc"}).headers["x-request-id"] == "req_abc"
    for bad in ("abc", "req_", "req_" + "x" * 65, "req_a b", "req_a\u00e9"):
        answer = app.anonymous.get("/health", headers={"X-Request-ID": bad.encode("utf-8")})
        assert answer.headers["x-request-id"] != bad


def test_without_credential_401_with_the_wrong_one_401_and_without_right_403(app):
    error_of(app.anonymous.post("/api/v1/things", json={"name": "a"}), 401, "UNAUTHORIZED")
    unknown = app.anonymous.post("/api/v1/things", json={"name": "a"}, headers={"Authorization": "Magic x"})
    error_of(unknown, 401, "UNAUTHORIZED")
    assert unknown.headers["www-authenticate"].startswith("Bearer")
    error_of(app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=VIEWER), 403, "FORBIDDEN")


def test_a_scope_narrows_the_role(app):
    headers = {"Authorization": "Test admin read"}
    refused = app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert error_of(refused, 403, "FORBIDDEN")["required_scope"] == "write"
    assert app.anonymous.get("/api/v1/quick", headers=headers).status_code == 200


def test_every_answer_carries_the_rate_limit(app):
    for path in ("/health", "/api/v1/things", "/api/v1/nowhere", "/api/v1/broken"):
        answer = app.anonymous.get(path)
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(answer.headers)


def test_too_many_calls_are_429_with_retry_after(app):
    for _ in range(2):
        assert app.anonymous.get("/api/v1/limited").status_code == 200
    answer = app.anonymous.get("/api/v1/limited")
    details = error_of(answer, 429, "RATE_LIMITED")
    assert (details["limit"], details["remaining"]) == (2, 0)
    assert details["reset_time"].endswith("Z")
    assert 0 < int(answer.headers["retry-after"]) <= 61


def test_an_ipv6_sender_is_counted_by_network():
    limiter = RateLimiter({"anonymous": "2/hour"})
    for host in (1, 2):
        limiter.check(anonymous(f"2001:db8:0:1::{host}"), "any")
    with pytest.raises(RateLimited):
        limiter.check(anonymous("2001:db8:0:1:ffff::3"), "any")
    assert limiter.check(anonymous("2001:db8:0:2::1"), "any").remaining == 1
    assert limiter.check(anonymous("192.0.2.1"), "any").remaining == 1


@pytest.mark.parametrize(
    ("query", "field"), [({}, "q"), ({"q": ""}, "q"), ({"q": "abcd"}, "q"), ({"q": "a", "order": "asc"}, "order")]
)
def test_a_list_says_how_long_a_text_may_be_and_which_directions_there_are(query, field):
    listing = Listing(
        "things",
        "t.id",
        {"created_at": Sort("t.created_at")},
        filters={"q": Filter("t.q", required=True, least=1, most=3)},
        orders=("desc",),
    )
    assert parse_list_request(listing, {"q": "abc"}).filters == {"q": "abc"}
    with pytest.raises(ValidationFailed) as refused:
        parse_list_request(listing, query)
    assert refused.value.details["field"] == field


def test_the_request_of_a_list_is_read_once_and_a_long_one_each_time():
    reads = []

    def ask(known, operation, raw):
        def read():
            reads.append(raw)
            return {}, raw

        return known.get(operation, raw, read)[1]

    known = KnownRequests(size=2, longest=10)
    assert [ask(known, "a.list", b"page=1") for _ in range(3)] == [b"page=1"] * 3
    assert reads == [b"page=1"]
    ask(known, "b.list", b"page=1")
    assert reads == [b"page=1"] * 2
    for _ in range(2):
        ask(known, "a.list", b"page=1&limit=20")
    assert reads[2:] == [b"page=1&limit=20"] * 2
    for page in (b"page=2", b"page=3", b"page=4"):
        ask(known, "a.list", page)
    assert len(known._kept) <= 2


def test_what_is_exempt_from_limits_answers_a_caller_who_used_them_up(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe], overrides={"rate_limit_anonymous": "1/hour"})
    assert [studio.anonymous.get("/api/v1/things").status_code for _ in range(2)] == [200, 429]
    for path in ("/health", "/ready"):
        answer = studio.anonymous.get(path)
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "0")
