"""ETags, idempotency keys, paging, audit: what every operation gets from its declaration."""

import dataclasses
import hashlib
import threading

from probe import ADMIN, VIEWER, ThingRow

from studio_kernel.context import CallContext, call_context
from studio_kernel.errors import Conflict, ServiceUnavailable
from studio_kernel.http.idempotency import IdempotencyRow
from studio_kernel.http.operations import Declaration, Operation
from studio_kernel.kernel_schema import MIGRATIONS
from studio_kernel.security.principal import Principal
from studio_kernel.security.secrets import SecretBox
from studio_kernel.storage.sql import Statement


def make(app, name, **more):
    return app.anonymous.post("/api/v1/things", json={"name": name, **more}, headers=ADMIN)


def test_a_create_answers_201_with_its_place(app):
    answer = make(app, "spoon")
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/things"
    assert answer.json()["data"]["name"] == "spoon"


def test_a_taken_unique_name_is_a_conflict(app):
    make(app, "spoon")
    assert make(app, "spoon").json()["error"]["code"] == "CONFLICT"


def test_an_etag_answers_304_until_the_resource_changes(app):
    thing = make(app, "spoon").json()["data"]
    path = f"/api/v1/things/{thing['id']}"
    etag = app.anonymous.get(path).headers["etag"]
    assert app.anonymous.get(path, headers={"If-None-Match": f'"other", {etag}'}).status_code == 304
    app.anonymous.patch(path, json={"size": 7}, headers=ADMIN)
    assert app.anonymous.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_if_match_guards_against_a_lost_update(app):
    thing = make(app, "spoon").json()["data"]
    path = f"/api/v1/things/{thing['id']}"
    etag = app.anonymous.get(path).headers["etag"]
    first = app.anonymous.patch(path, json={"size": 5}, headers={**ADMIN, "If-Match": etag})
    second = app.anonymous.patch(path, json={"size": 6}, headers={**ADMIN, "If-Match": etag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["error"]["code"] == "PRECONDITION_FAILED"
    assert app.anonymous.get(path).json()["data"]["size"] == 5


def test_an_idempotency_key_replays_the_first_answer(app):
    headers = {**ADMIN, "Idempotency-Key": "k1"}
    first = app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    again = app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert len(app.anonymous.get("/api/v1/things").json()["data"]["things"]) == 1


def test_a_key_with_another_body_is_a_conflict_and_another_caller_has_keys_of_his_own(app):
    headers = {**ADMIN, "Idempotency-Key": "k1"}
    app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    other = app.anonymous.post("/api/v1/things", json={"name": "b"}, headers=headers)
    assert other.json()["error"]["code"] == "CONFLICT"
    headers["Authorization"] = "Test super_admin"
    own = app.anonymous.post("/api/v1/things", json={"name": "c"}, headers=headers)
    assert own.status_code == 201


def test_two_at_once_with_one_key_run_once(app):
    headers = {**ADMIN, "Idempotency-Key": "both"}
    answers = []

    def post():
        answers.append(app.anonymous.post("/api/v1/things", json={"name": "once"}, headers=headers))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(app.anonymous.get("/api/v1/things").json()["data"]["things"]) == 1


def test_a_kept_answer_is_forgotten_after_its_time(app):
    headers = {**ADMIN, "Idempotency-Key": "old"}
    app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    app.clock.advance(25 * 3600)
    again = app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert again.json()["error"]["code"] == "CONFLICT"
    assert "idempotency-replayed" not in again.headers


def test_a_kept_answer_whose_platform_key_is_lost_is_a_conflict(app):
    headers = {**ADMIN, "Idempotency-Key": "k1"}
    app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    lost = SecretBox("a key that is gone for good", "idempotency").seal(b"[]")
    (key,) = app.platform.database.row(Statement("SELECT key FROM idempotency_keys"))
    app.platform.database.update(IdempotencyRow, {"answer": lost}, where={"key": key})
    again = app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CONFLICT")


def test_a_plain_hash_of_a_body_is_forgotten_by_its_migration_and_never_written(app):
    headers = {**ADMIN, "Idempotency-Key": "k1"}
    kept = Statement("SELECT key, fingerprint FROM idempotency_keys")
    app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=headers)
    key, fingerprint = app.platform.database.row(kept)
    assert fingerprint == ""
    earlier = {"fingerprint": hashlib.sha256(b'{"name":"a"}').hexdigest()}
    app.platform.database.update(IdempotencyRow, earlier, where={"key": key})
    with app.platform.database.transaction():
        next(each for each in MIGRATIONS if each.name == "0007_fingerprints").apply(app.platform.database)
    assert app.platform.database.row(kept) == (key, "")


def test_pages_and_cursors_walk_the_same_list(app):
    for number in range(7):
        make(app, f"thing {number}", size=number % 3)
    pages = []
    for page in (1, 2, 3):
        data = app.anonymous.get("/api/v1/things", params={"page": page, "limit": 3, "sort": "size"}).json()["data"]
        assert {key: data["pagination"][key] for key in ("page", "limit", "total", "pages")} == {
            "page": page,
            "limit": 3,
            "total": 7,
            "pages": 3,
        }
        pages += [thing["id"] for thing in data["things"]]
    walked, cursor = [], ""
    while cursor is not None:
        data = app.anonymous.get("/api/v1/things", params={"cursor": cursor, "limit": 2, "sort": "size"}).json()["data"]
        walked += [thing["id"] for thing in data["things"]]
        cursor = data["pagination"]["next_cursor"]
    assert walked == pages
    assert len(set(pages)) == 7


def test_a_list_costs_the_same_queries_whatever_its_length(app):
    make(app, "one")
    with app.count_queries() as few:
        app.anonymous.get("/api/v1/things")
    for number in range(30):
        make(app, f"thing {number}")
    with app.count_queries() as many:
        app.anonymous.get("/api/v1/things")
    assert len(few) == len(many) == 1


def test_the_total_is_told_past_the_end_and_where_there_is_nothing(app):
    def total(**params):
        return app.anonymous.get("/api/v1/things", params=params).json()["data"]["pagination"]["total"]

    assert total() == total(page=3) == 0
    for number in range(3):
        make(app, f"thing {number}")
    assert (total(limit=2), total(limit=2, page=2), total(limit=2, page=9)) == (3, 3, 3)
    assert (total(search="thing 1"), total(search="thing 1", page=2), total(search="spoon")) == (1, 1, 0)


def test_entries_that_wait_are_written_amid_a_refused_change_without_one_that_says_it_was_made(app, monkeypatch):
    monkeypatch.setattr("studio_kernel.audit.log._MOST_WAITING", 1)
    for _ in range(2):
        assert app.anonymous.post("/api/v1/things", json={"name": ""}, headers=ADMIN).status_code == 400
    app.platform.audit.flush()
    entries = app.platform.database.rows(Statement("SELECT status FROM audit_log WHERE action = 'things.create'"))
    assert entries == [(400,), (400,)]


def test_search_is_literal_and_ignores_case(app):
    make(app, "Silver_spoon 100%")
    make(app, "Silverxspoon")
    for text, found in (("silver_", 1), ("100%", 1), ("SILVER", 2), ("\\", 0)):
        data = app.anonymous.get("/api/v1/things", params={"search": text, "search_fields": "name"}).json()["data"]
        assert data["pagination"]["total"] == found


def test_a_change_is_in_the_audit_log_with_its_caller_and_request(app):
    answer = make(app, "spoon")
    log = app.anonymous.get("/api/v1/audit-log", params={"action": "things.create"}, headers=ADMIN).json()["data"]
    entry = log["entries"][0]
    assert entry["resource_id"] == answer.json()["data"]["id"]
    assert (entry["user_id"], entry["status"], entry["request_id"]) == (
        "user_admin",
        201,
        answer.headers["x-request-id"],
    )


def test_refusals_and_reads_are_in_the_audit_log_soon(app):
    app.anonymous.post("/api/v1/things", json={"name": "a"})
    app.anonymous.get("/api/v1/things")
    app.platform.audit.flush()
    log = app.anonymous.get("/api/v1/audit-log", headers=ADMIN).json()["data"]["entries"]
    assert {(entry["action"], entry["status"]) for entry in log} >= {("things.create", 401), ("things.list", 200)}


def logged(app, action):
    """Caller and status of every entry of an action, in the order of their moments."""
    app.platform.audit.flush()
    entries = "SELECT user_id, status FROM audit_log WHERE action = :action ORDER BY at, position"
    return app.platform.database.rows(Statement(entries), action=action)


def test_who_was_refused_stands_in_the_audit_log(app):
    assert app.anonymous.post("/api/v1/things", json={"name": "a"}, headers=VIEWER).status_code == 403
    assert app.anonymous.get("/api/v1/quick", headers=ADMIN).status_code == 200
    # On the event loop too, where the caller is known from before.
    assert app.anonymous.get("/api/v1/quick", headers={"Authorization": "Test admin write"}).status_code == 403
    assert logged(app, "things.create") == [("user_viewer", 403)]
    assert logged(app, "things.quick") == [("user_admin", 200), ("user_admin", 403)]


def test_whose_calls_are_limited_stands_in_the_audit_log(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe], overrides={"rate_limit_user": "1/hour"})
    assert [make(studio, name).status_code for name in "ab"] == [201, 429]
    assert logged(studio, "things.create") == [("user_admin", 201), ("user_admin", 429)]


def test_a_body_that_is_refused_as_it_comes_stands_in_the_audit_log(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe], overrides={"max_body_bytes": 2000})
    headers = {**ADMIN, "Content-Type": "application/json"}
    assert studio.anonymous.post("/api/v1/things", content=b"x" * 2001, headers=headers).status_code == 413
    assert logged(studio, "things.create") == [("user_admin", 413)]


def test_a_change_that_could_not_be_committed_is_logged_as_that(make_studio, probe, monkeypatch):
    studio = make_studio(plugins=[], extra=[probe])
    commits = studio.platform.database._commits
    run = commits._command

    def refuse(text):
        if text == "COMMIT" and threading.current_thread().name != "studio-audit":
            monkeypatch.setattr(commits, "_command", run)
            raise ServiceUnavailable
        run(text)

    monkeypatch.setattr(commits, "_command", refuse)
    assert make(studio, "spoon").status_code == 503
    assert logged(studio, "things.create") == [("user_admin", 503)]


def test_a_change_that_is_taken_back_at_its_end_is_logged_as_refused(app, monkeypatch):
    begin = app.platform.database.on_begin

    def clash():
        raise Conflict

    def begin_to_clash(transaction):
        begin(transaction)
        transaction.before_commit(clash)

    monkeypatch.setattr(app.platform.database, "on_begin", begin_to_clash)
    assert make(app, "spoon").status_code == 409
    monkeypatch.setattr(app.platform.database, "on_begin", begin)
    assert logged(app, "things.create") == [("user_admin", 409)]


def test_a_call_that_fails_after_its_change_is_in_the_log_as_both(app):
    platform, person = app.platform, Principal("user", "user_x", "user_x")
    with call_context(CallContext(person, "things.slow", method="POST")) as context:
        with platform.database.transaction():
            platform.database.insert(ThingRow, {"id": "t", "name": "t", "size": 1, "created_at": ""})
        platform.audit.note(context, 502)
    assert sorted(logged(app, "things.slow")) == [("user_x", 200), ("user_x", 502)]


def test_the_openapi_document_is_valid_and_has_every_route(app):
    from openapi_spec_validator import validate

    document = app.anonymous.get("/api/v1/openapi.json").json()
    validate(document)
    declared = {(operation.path, operation.method.lower()) for operation in app.platform.operations}
    assert declared == {(path, method) for path, item in document["paths"].items() for method in item}


def test_type_checkers_know_every_field_of_an_operation():
    declared = {field.name for field in dataclasses.fields(Operation)} - {"id", "method", "path", "handler", "owner"}
    assert set(Declaration.__annotations__) == declared
