"""Accounts: the printed shapes, and who may do what to whom."""

from __future__ import annotations

import threading

import pytest

PASSWORD = "password123"
NEW = {"email": "new@example.org", "name": "New User", "role": "customer", "password": PASSWORD}


def test_create_answers_as_printed(studio):
    answer = studio.client("admin").post("/api/v1/users", json=NEW)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["id"].startswith("user_")
    assert answer.headers["Location"] == f"/api/v1/users/{data['id']}"
    assert {name: data[name] for name in ("email", "name", "role")} == {
        "email": "new@example.org",
        "name": "New User",
        "role": "customer",
    }
    assert data["created_at"] == data["updated_at"]
    assert "password" not in answer.text


def test_me_answers_as_printed(studio):
    client = studio.client("customer")
    data = client.get("/api/v1/users/me").json()["data"]
    assert set(data) >= {"id", "email", "name", "role", "created_at", "updated_at", "last_login", "preferences"}
    assert data["id"] == client.user_id


def test_list_answers_as_printed(studio):
    admin = studio.client("admin")
    studio.client("customer")
    answer = admin.get("/api/v1/users", params={"page": 1, "limit": 20, "role": "customer"})
    data = answer.json()["data"]
    assert [user["role"] for user in data["users"]] == ["customer"]
    assert set(data["users"][0]) >= {"id", "email", "name", "role", "created_at", "last_login"}
    assert data["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1, "next_cursor": None}


def test_update_answers_as_printed(studio):
    client = studio.client("customer")
    body = {"name": "Updated Name", "preferences": {"theme": "dark", "language": "en", "timezone": "UTC"}}
    answer = client.put(f"/api/v1/users/{client.user_id}", json=body)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data["name"] == "Updated Name"
    assert data["preferences"] == body["preferences"]
    assert data["updated_at"] > client.get("/api/v1/users/me").json()["data"]["created_at"]


def test_delete_answers_as_printed(studio):
    victim = studio.client("customer")
    answer = studio.client("admin").delete(f"/api/v1/users/{victim.user_id}")
    assert answer.json() == {"success": True, "message": "User deleted successfully"}


def test_preferences_that_are_not_named_stay(studio):
    client = studio.client("customer")
    answer = client.put(f"/api/v1/users/{client.user_id}", json={"preferences": {"timezone": "Europe/Berlin"}})
    assert answer.json()["data"]["preferences"] == {"theme": "light", "language": "en", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"preferences": {"theme": "pink"}}, "preferences.theme"),
        ({"preferences": {"timezone": "Mars/Olympus"}}, "preferences.timezone"),
        ({"preferences": {"language": "e n"}}, "preferences.language"),
        ({"preferences": {"colour": "x"}}, "preferences.colour"),
        ({"preferences": None}, "preferences"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"role": "god"}, "role"),
        ({"status": "deleted"}, "status"),
        ({"email": "no address"}, "email"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_update_names_the_wrong_field(studio, change, field):
    client = studio.client("admin")
    answer = client.put(f"/api/v1/users/{client.user_id}", json=change)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


@pytest.mark.parametrize("missing", ["email", "name", "role", "password"])
def test_create_needs_every_printed_field(studio, missing):
    body = {name: value for name, value in NEW.items() if name != missing}
    answer = studio.client("admin").post("/api/v1/users", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == missing


def test_short_password_is_refused_and_the_least_is_a_setting(studio, make_studio):
    answer = studio.client("admin").post("/api/v1/users", json={**NEW, "password": "1234567"})
    assert answer.json()["error"]["details"]["field"] == "password"
    strict = make_studio(plugins=["auth"], overrides={"auth.password_min_length": 20})
    assert strict.client("admin").post("/api/v1/users", json=NEW).status_code == 400


def test_address_is_unique_whatever_its_case(studio):
    admin = studio.client("admin")
    assert admin.post("/api/v1/users", json=NEW).status_code == 201
    answer = admin.post("/api/v1/users", json={**NEW, "email": "NEW@Example.org"})
    assert answer.status_code == 409
    assert answer.json()["error"]["details"]["field"] == "email"


def test_list_filters_and_searches(either_studio):
    admin = either_studio.client("super_admin")
    for number in range(3):
        admin.post("/api/v1/users", json={**NEW, "email": f"p{number}@search.example", "name": f"Per_son {number}"})
    first = admin.get("/api/v1/users", params={"search": "p0@search"}).json()["data"]
    assert [user["email"] for user in first["users"]] == ["p0@search.example"]
    by_name = admin.get("/api/v1/users", params={"search": "per_son", "search_fields": "name"}).json()["data"]
    assert by_name["pagination"]["total"] == 3
    none = admin.get("/api/v1/users", params={"created_before": "2001-01-01T00:00:00Z"}).json()["data"]
    assert none["users"] == []
    everybody = admin.get("/api/v1/users", params={"created_after": "2001-01-01T00:00:00Z", "status": "active"})
    assert everybody.json()["data"]["pagination"]["total"] == 4
    user_id = first["users"][0]["id"]
    admin.put(f"/api/v1/users/{user_id}", json={"status": "disabled"})
    disabled = admin.get("/api/v1/users", params={"status": "disabled"}).json()["data"]["users"]
    assert [user["id"] for user in disabled] == [user_id]


def test_list_costs_the_same_queries_whatever_its_length(studio):
    admin = studio.client("admin")
    admin.get("/api/v1/users")
    counts = []
    for _ in range(2):
        with studio.count_queries() as seen:
            admin.get("/api/v1/users", params={"limit": 100})
        counts.append(len(seen))
        for number in range(10):
            studio.client("customer", email=f"{len(counts)}{number}@example.org")
    assert counts[0] == counts[1]


def test_single_account_has_an_etag_and_honours_it(studio):
    client = studio.client("customer")
    path = f"/api/v1/users/{client.user_id}"
    etag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.put(path, json={"name": "A"}, headers={"If-Match": etag}).status_code == 200
    assert client.put(path, json={"name": "B"}, headers={"If-Match": etag}).status_code == 412


@pytest.mark.parametrize("role", ["manager", "auditor", "customer", "viewer"])
def test_others_than_administrators_do_not_administer(studio, role):
    client, other = studio.client(role), studio.client("customer")
    assert client.get("/api/v1/users").status_code == 403
    assert client.post("/api/v1/users", json=NEW).status_code == 403
    assert client.delete(f"/api/v1/users/{other.user_id}").status_code == 403
    assert client.get(f"/api/v1/users/{other.user_id}").status_code == 404
    assert client.put(f"/api/v1/users/{other.user_id}", json={"name": "x"}).status_code == 404
    assert client.get(f"/api/v1/users/{client.user_id}").status_code == 200


@pytest.mark.parametrize("change", [{"role": "admin"}, {"status": "disabled"}, {"email": "x@example.org"}])
def test_people_change_only_name_and_preferences_of_their_own(studio, change):
    client = studio.client("manager")
    assert client.put(f"/api/v1/users/{client.user_id}", json=change).status_code == 403


def test_nobody_raises_their_own_role(studio):
    admin = studio.client("admin")
    answer = admin.put(f"/api/v1/users/{admin.user_id}", json={"role": "super_admin"})
    assert answer.status_code == 403
    assert admin.get("/api/v1/users/me").json()["data"]["role"] == "admin"


def test_only_a_super_admin_makes_or_changes_a_super_admin(studio):
    admin, boss, other = studio.client("admin"), studio.client("super_admin"), studio.client("super_admin")
    assert admin.post("/api/v1/users", json={**NEW, "role": "super_admin"}).status_code == 403
    customer = studio.client("customer")
    assert admin.put(f"/api/v1/users/{customer.user_id}", json={"role": "super_admin"}).status_code == 403
    for body in ({"name": "x"}, {"role": "viewer"}, {"status": "disabled"}, {"email": "y@example.org"}):
        assert admin.put(f"/api/v1/users/{boss.user_id}", json=body).status_code == 403
    assert admin.delete(f"/api/v1/users/{boss.user_id}").status_code == 403
    assert boss.put(f"/api/v1/users/{other.user_id}", json={"role": "viewer"}).status_code == 200
    assert boss.put(f"/api/v1/users/{customer.user_id}", json={"role": "super_admin"}).status_code == 200


@pytest.mark.parametrize("change", [{"role": "admin"}, {"status": "disabled"}])
def test_the_last_super_admin_stays(studio, change):
    boss = studio.client("super_admin")
    assert boss.put(f"/api/v1/users/{boss.user_id}", json=change).status_code == 409
    assert boss.delete(f"/api/v1/users/{boss.user_id}").status_code == 409
    assert boss.put(f"/api/v1/users/{boss.user_id}", json={"name": "Still here"}).status_code == 200


def test_a_disabled_super_admin_does_not_count(studio):
    boss, other = studio.client("super_admin"), studio.client("super_admin")
    assert boss.put(f"/api/v1/users/{other.user_id}", json={"status": "disabled"}).status_code == 200
    assert boss.delete(f"/api/v1/users/{boss.user_id}").status_code == 409


def test_two_at_once_do_not_remove_the_last_two_super_admins(either_studio):
    studio = either_studio
    bosses = [studio.client("super_admin"), studio.client("super_admin")]
    statuses = []

    def remove(caller, victim):
        statuses.append(caller.delete(f"/api/v1/users/{victim.user_id}").status_code)

    threads = [
        threading.Thread(target=remove, args=(bosses[0], bosses[1])),
        threading.Thread(target=remove, args=(bosses[1], bosses[0])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The second one either comes too late as a caller, or finds itself the last.
    assert statuses.count(200) == 1
    assert sorted(statuses)[1] in (401, 409)


def test_disabling_stops_sessions_and_keys_at_once(studio):
    client, admin = studio.client("customer"), studio.client("admin")
    key = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()["api_key"]
    by_key = {"X-API-Key": key}
    assert studio.anonymous.get("/api/v1/users/me", headers=by_key).status_code == 200
    admin.put(f"/api/v1/users/{client.user_id}", json={"status": "disabled"})
    assert client.get("/api/v1/users/me").status_code == 401
    assert studio.anonymous.get("/api/v1/users/me", headers=by_key).status_code == 401


def test_deleting_stops_everything_and_frees_the_address(either_studio, add_user, log_in, bearer):
    studio = either_studio
    user = add_user(studio)
    tokens = log_in(studio)
    client, admin = bearer(studio, tokens["access_token"]), studio.client("admin")
    key = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()["api_key"]
    assert admin.delete(f"/api/v1/users/{user['id']}").status_code == 200
    assert client.get("/api/v1/users/me").status_code == 401
    assert studio.anonymous.get("/api/v1/users/me", headers={"X-API-Key": key}).status_code == 401
    refused = studio.anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refused.status_code == 401
    assert admin.get(f"/api/v1/users/{user['id']}").status_code == 404
    assert add_user(studio)["id"] != user["id"]


def test_a_deleted_accounts_name_stays_readable_for_other_plugins(studio, add_user):
    from studio_auth.api import Accounts

    user = add_user(studio)
    studio.client("admin").delete(f"/api/v1/users/{user['id']}")
    accounts = Accounts(studio.platform)
    assert accounts.names([user["id"], "user_unknown"]) == {user["id"]: "Some Person"}
    assert accounts.active([user["id"]]) == set()


def test_active_accounts_are_told_apart_in_one_query(studio):
    from studio_auth.api import Accounts

    clients = [studio.client("customer") for _ in range(3)]
    studio.client("admin").put(f"/api/v1/users/{clients[0].user_id}", json={"status": "disabled"})
    with studio.count_queries() as seen:
        active = Accounts(studio.platform).active([client.user_id for client in clients] + ["user_x"])
    assert active == {clients[1].user_id, clients[2].user_id}
    assert len(seen) == 1
    assert Accounts(studio.platform).active([]) == set()


def test_password_change_needs_the_present_one_and_ends_other_sessions(studio, add_user, log_in, bearer):
    add_user(studio)
    mine, other = (bearer(studio, log_in(studio)["access_token"]) for _ in range(2))
    wrong = mine.put("/api/v1/users/me/password", json={"current_password": "x", "new_password": "another-one"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["details"]["field"] == "current_password"
    body = {"current_password": PASSWORD, "new_password": "another-one"}
    answer = mine.put("/api/v1/users/me/password", json=body)
    assert answer.json() == {"success": True, "message": "Password changed successfully"}
    assert mine.get("/api/v1/users/me").status_code == 200
    assert other.get("/api/v1/users/me").status_code == 401
    log_in(studio, password="another-one")


def test_password_change_checks_the_new_one(studio, add_user, log_in, bearer):
    add_user(studio)
    client = bearer(studio, log_in(studio)["access_token"])
    answer = client.put("/api/v1/users/me/password", json={"current_password": PASSWORD, "new_password": "short"})
    assert answer.json()["error"]["details"]["field"] == "new_password"


def test_blanks_belong_to_a_password(studio, log_in):
    body = {**NEW, "password": "  blanks around  "}
    assert studio.client("admin").post("/api/v1/users", json=body).status_code == 201
    log_in(studio, "new@example.org", "  blanks around  ")
    stripped = {"email": "new@example.org", "password": "blanks around"}
    assert studio.anonymous.post("/api/v1/auth/login", json=stripped).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/users/user_unknown", "/api/v1/users/%00", "/api/v1/users/x' OR '1'='1"])
def test_unknown_accounts_answer_404(studio, path):
    assert studio.client("admin").get(path).status_code == 404
