"""Signing in by a header, on the testing kit: its requests come from 127.0.0.1."""

import pytest

from studio_proxy_login import plugin
from studio_proxy_login.settings import ProxyLoginSettings

ME = "/api/v1/users/me"


@pytest.fixture
def make(make_studio):
    def build(proxies=("127.0.0.0/8",), **settings):
        overrides = {f"proxy_login.{name}": value for name, value in settings.items()}
        return make_studio(
            plugins=["auth"], extra=[plugin], overrides={"proxy_login.proxies": list(proxies), **overrides}
        )

    return build


def ask(studio, email="person@example.org", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return studio.anonymous.get(ME, headers={"X-Forwarded-Email": email, **named})


def test_the_proxy_names_who_is_there(make):
    studio = make()
    person = studio.client("viewer", email="person@example.org")
    answer = ask(studio, "Person@Example.org")
    assert answer.status_code == 200
    assert answer.json()["data"]["id"] == person.user_id


def test_the_account_is_limited_to_its_role(make):
    studio = make()
    studio.client("viewer", email="person@example.org")
    answer = studio.anonymous.get("/api/v1/users", headers={"X-Forwarded-Email": "person@example.org"})
    assert answer.status_code == 403


def test_nobody_else_may_name_anybody(make):
    studio = make(proxies=["10.0.0.0/8"])
    studio.client("admin", email="person@example.org")
    assert ask(studio).status_code == 401
    assert ask(studio, X_Forwarded_For="10.0.0.1").status_code == 401


def test_without_a_proxy_the_header_means_nothing(make):
    studio = make(proxies=[])
    studio.client("admin", email="person@example.org")
    assert ask(studio).status_code == 401


@pytest.mark.parametrize("email", ["", "nobody@example.org", "person@example.org, admin@example.org", "person"])
def test_what_names_no_account_is_refused(make, email):
    studio = make()
    studio.client("viewer", email="person@example.org")
    assert ask(studio, email).status_code == 401


def test_a_request_that_another_site_began_is_refused(make):
    studio = make()
    studio.client("viewer", email="person@example.org")
    for site, status in (("cross-site", 401), ("same-site", 401), ("same-origin", 200), ("none", 200)):
        assert ask(studio, Sec_Fetch_Site=site).status_code == status


def test_a_disabled_account_stays_out_at_once(make):
    studio = make(create=True)
    person = studio.client("viewer", email="person@example.org")
    assert ask(studio).status_code == 200
    studio.client("admin").put(f"/api/v1/users/{person.user_id}", json={"status": "disabled"})
    assert ask(studio).status_code == 401


def test_accounts_are_made_where_that_is_wanted(make):
    studio = make(create=True, role="auditor")
    answer = ask(studio, "new@example.org")
    assert (answer.status_code, answer.json()["data"]["role"]) == (200, "auditor")
    assert ask(studio, "new@example.org").json()["data"]["id"] == answer.json()["data"]["id"]
    login = {"email": "new@example.org", "password": "any password at all"}
    assert studio.anonymous.post("/api/v1/auth/login", json=login).status_code == 401


def test_tokens_work_beside_it(make):
    studio = make()
    admin = studio.client("admin")
    answer = admin.get(ME, headers={"X-Forwarded-Email": "somebody@example.org"})
    assert answer.json()["data"]["id"] == admin.user_id


@pytest.mark.parametrize(
    "beside", [{"Authorization": "Basic eDp5"}, {"Authorization": "Basic eDp5", "X-API-Key": "sk_live_x"}]
)
def test_nobody_is_taken_for_who_came_before_with_the_same_credential(make, beside):
    studio = make()
    people = {email: studio.client("viewer", email=email).user_id for email in ("a@example.org", "b@example.org")}
    for email, user_id in people.items():
        answer = ask(studio, email, **beside)
        assert (answer.status_code, answer.json()["data"]["id"]) == (200, user_id)
    assert ask(studio, "b@example.org", Sec_Fetch_Site="cross-site", **beside).status_code == 401
    assert studio.anonymous.get(ME, headers=beside).status_code == 401


def test_another_header_can_be_the_one(make):
    studio = make(header="Remote-Email")
    studio.client("viewer", email="person@example.org")
    answer = studio.anonymous.get(ME, headers={"Remote-Email": "person@example.org"})
    assert answer.status_code == 200


def test_every_setting_has_a_description():
    assert all(field.description for field in ProxyLoginSettings.model_fields.values())
