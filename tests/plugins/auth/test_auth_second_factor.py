"""The second factor: setting it up, logging in with it, losing it, and roles that need one."""

from __future__ import annotations

import re

import pyotp
import pytest
from support.oauth import PASSWORD, Browser, fields_of, register, sent_back

from studio_kernel.storage.sql import Statement

PATH = "/api/v1/users/me/second-factor"
EMAIL = "person@example.org"


class Authenticator:
    """An app on a phone: shows the code of the platform's present moment."""

    def __init__(self, studio, secret):
        self._studio = studio
        self._totp = pyotp.TOTP(secret)

    def code(self, steps=0):
        return self._totp.at(int(self._studio.clock().timestamp()) + 30 * steps)

    def next(self):
        """A code that wasn't shown yet."""
        self._studio.clock.advance(30)
        return self.code()


def enrol(studio, client, password=PASSWORD):
    begun = client.post(PATH, json={"current_password": password})
    assert begun.status_code == 200, begun.text
    app = Authenticator(studio, begun.json()["data"]["secret"])
    done = client.post(f"{PATH}/confirm", json={"otp": app.code()})
    assert done.status_code == 200, done.text
    return app, done.json()["data"]["recovery_codes"]


def login(studio, **more):
    return studio.anonymous.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD, **more})


@pytest.fixture
def person(studio, add_user, log_in, bearer):
    add_user(studio)
    return bearer(studio, log_in(studio)["access_token"])


def test_setting_up_needs_the_password_and_a_first_code(studio, person):
    assert person.get(PATH).json()["data"] == {
        "enabled": False,
        "required": False,
        "enabled_at": None,
        "recovery_codes_left": 0,
    }
    wrong = person.post(PATH, json={"current_password": "wrong-password"})
    assert wrong.json()["error"]["details"]["field"] == "current_password"
    assert person.post(f"{PATH}/confirm", json={"otp": "000000"}).status_code == 409
    begun = person.post(PATH, json={"current_password": PASSWORD}).json()["data"]
    assert begun["uri"].startswith("otpauth://totp/Studio%20Platform:person%40example.org?secret=")
    refused = person.post(f"{PATH}/confirm", json={"otp": "not a code"})
    assert refused.json()["error"]["details"]["field"] == "otp"
    assert login(studio).status_code == 200
    app = Authenticator(studio, begun["secret"])
    codes = person.post(f"{PATH}/confirm", json={"otp": app.code()}).json()["data"]["recovery_codes"]
    assert len(set(codes)) == 10
    status = person.get(PATH).json()["data"]
    assert (status["enabled"], status["recovery_codes_left"]) == (True, 10)
    assert person.post(PATH, json={"current_password": PASSWORD}).status_code == 409


def test_turning_it_on_ends_every_other_session(studio, person, log_in, bearer):
    other = bearer(studio, log_in(studio)["access_token"])
    enrol(studio, person)
    assert other.get("/api/v1/users/me").status_code == 401
    assert person.get("/api/v1/users/me").status_code == 200


def test_a_login_asks_for_the_code_after_the_right_password_only(either_studio, add_user, log_in, bearer):
    studio = either_studio
    add_user(studio)
    app, _ = enrol(studio, bearer(studio, log_in(studio)["access_token"]))
    asked = login(studio)
    assert asked.status_code == 401
    assert asked.json()["error"]["details"]["field"] == "otp"
    wrong = login(studio, password="wrong-password", otp=app.next())
    assert "field" not in wrong.json()["error"]["details"]
    assert login(studio, otp="000000").json()["error"]["details"]["field"] == "otp"
    answer = login(studio, otp=app.next())
    assert answer.status_code == 200
    assert answer.json()["data"]["second_factor"] == "on"


def test_a_code_works_once_and_only_near_its_time(studio, person):
    app, _ = enrol(studio, person)
    assert login(studio, otp=app.code()).status_code == 401, "the code that turned it on"
    code = app.next()
    assert login(studio, otp=code).status_code == 200
    assert login(studio, otp=code).status_code == 401
    assert login(studio, otp=app.code(-1)).status_code == 401
    assert login(studio, otp=app.code(3)).status_code == 401
    assert login(studio, otp=app.code(1)).status_code == 200


def test_a_recovery_code_works_once_however_it_is_typed(studio, person):
    _, codes = enrol(studio, person)
    assert login(studio, otp=codes[0].lower().replace("-", " ")).status_code == 200
    assert login(studio, otp=codes[0]).status_code == 401
    assert person.get(PATH).json()["data"]["recovery_codes_left"] == 9


def test_new_recovery_codes_replace_the_old_ones(studio, person):
    app, codes = enrol(studio, person)
    proof = {"current_password": PASSWORD, "otp": app.next()}
    fresh = person.post(f"{PATH}/recovery-codes", json=proof).json()["data"]["recovery_codes"]
    assert not set(fresh) & set(codes)
    assert login(studio, otp=codes[0]).status_code == 401
    assert login(studio, otp=fresh[0]).status_code == 200


def test_guessing_codes_is_throttled_although_the_password_is_right(studio, person):
    app, _ = enrol(studio, person)
    answers = [login(studio, otp=f"{number:06}").status_code for number in range(8)]
    assert 429 in answers
    assert login(studio, otp=app.next()).status_code in (200, 429)


def test_the_password_alone_wins_no_further_guesses_at_the_code(studio, person):
    enrol(studio, person)
    proof = {"current_password": PASSWORD}
    answers = []
    for _ in range(6):
        answers.append(person.post(f"{PATH}/disable", json={**proof, "otp": "not a code"}).status_code)
        # Right as far as it goes, and refused for another reason.
        assert person.post(PATH, json=proof).status_code in (409, 429)
    assert answers[:4] == [400] * 4
    assert answers[-1] == 429


def test_people_with_a_second_factor_may_share_an_address(make_studio, add_user, log_in, bearer):
    studio = make_studio(plugins=["auth"], overrides={"auth.login_attempts_address": 3})
    add_user(studio)
    _, codes = enrol(studio, bearer(studio, log_in(studio)["access_token"]))
    for code in codes[:5]:
        assert login(studio).json()["error"]["details"]["field"] == "otp"
        assert login(studio, otp=code).status_code == 200


def test_what_the_password_alone_is_enough_for_uses_no_guesses_up(studio, person):
    enrol(studio, person)
    for _ in range(8):
        assert person.post(PATH, json={"current_password": PASSWORD}).status_code == 409


def test_turning_it_off_needs_password_and_code(studio, person):
    app, _ = enrol(studio, person)
    for proof in ({"current_password": "x", "otp": app.next()}, {"current_password": PASSWORD, "otp": "000000"}):
        assert person.post(f"{PATH}/disable", json=proof).status_code == 400
    proof = {"current_password": PASSWORD, "otp": app.next()}
    assert person.post(f"{PATH}/disable", json=proof).json()["message"] == "Second factor turned off successfully"
    assert login(studio).status_code == 200
    assert person.post(f"{PATH}/disable", json=proof).status_code == 404


def test_an_administrator_turns_a_lost_one_off(studio, person):
    enrol(studio, person)
    user_id = person.get("/api/v1/users/me").json()["data"]["id"]
    path = f"/api/v1/users/{user_id}/second-factor"
    assert person.delete(path).status_code == 403
    assert studio.client("admin").delete(path).status_code == 200
    assert person.get("/api/v1/users/me").status_code == 401
    assert login(studio).status_code == 200
    assert studio.client("admin").delete(path).status_code == 404


def test_only_a_super_admin_turns_off_a_super_admins(studio):
    boss = studio.client("super_admin")
    path = f"/api/v1/users/{boss.user_id}/second-factor"
    assert studio.client("admin").delete(path).status_code == 403


def test_keys_and_applications_can_not_set_it_up(studio, person):
    key = person.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read", "write"]}).json()["api_key"]
    answer = studio.anonymous.post(PATH, json={"current_password": PASSWORD}, headers={"X-API-Key": key})
    assert answer.status_code == 403


def test_secret_and_codes_are_not_stored_in_the_clear(studio, person):
    begun = person.post(PATH, json={"current_password": PASSWORD}).json()["data"]
    app = Authenticator(studio, begun["secret"])
    codes = person.post(f"{PATH}/confirm", json={"otp": app.code()}).json()["data"]["recovery_codes"]
    stored = str(studio.platform.database.rows(Statement("SELECT * FROM auth_second_factors")))
    stored += str(studio.platform.database.rows(Statement("SELECT * FROM auth_recovery_codes")))
    assert begun["secret"] not in stored
    assert not any(code.replace("-", "") in stored for code in codes)


# -- roles that need one ---------------------------------------------------------------------------------


@pytest.fixture
def strict(make_studio):
    return make_studio(plugins=["auth"], overrides={"auth.second_factor_roles": ("manager",)})


def test_a_role_that_needs_one_can_do_nothing_but_set_it_up(strict, add_user, bearer):
    add_user(strict, role="manager")
    answer = login(strict).json()["data"]
    assert answer["second_factor"] == "enrolment_required"
    client = bearer(strict, answer["tokens"]["access_token"])
    assert client.get("/api/v1/users/me").status_code == 403
    assert client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).status_code == 403
    assert client.get(PATH).json()["data"]["required"] is True
    enrol(strict, client)
    assert client.get("/api/v1/users/me").status_code == 200


def test_a_change_of_role_narrows_tokens_and_keys_at_once(strict, add_user, log_in, bearer):
    user = add_user(strict)
    client = bearer(strict, log_in(strict)["access_token"])
    key = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()["api_key"]
    by_key = {"X-API-Key": key}
    assert strict.anonymous.get("/api/v1/users/me", headers=by_key).status_code == 200
    assert strict.client("admin").put(f"/api/v1/users/{user['id']}", json={"role": "manager"}).status_code == 200
    assert client.get("/api/v1/users/me").status_code == 403
    assert strict.anonymous.get("/api/v1/users/me", headers=by_key).status_code == 403
    assert strict.anonymous.get(PATH, headers=by_key).status_code == 403


def test_roles_that_need_one_must_be_roles(make_studio):
    from studio_kernel.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="boss is no account role"):
        make_studio(plugins=["auth"], overrides={"auth.second_factor_roles": ("boss",)})


# -- on the pages ------------------------------------------------------------------------------------------


def test_the_consent_page_asks_for_the_code_in_a_second_step(studio, person):
    app, _ = enrol(studio, person)
    client, browser = register(studio), Browser(studio)
    asked = browser.allow(browser.ask(client))
    assert asked.status_code == 200
    assert 'name="otp"' in asked.text
    assert 'name="password"' not in asked.text
    wrong = browser.answer(asked, otp="000000", decision="allow")
    assert wrong.status_code == 401
    assert "The code is wrong" in wrong.text
    assert "code" in sent_back(browser.answer(wrong, otp=app.next(), decision="allow"))


def test_the_note_between_the_steps_is_good_for_minutes_and_one_password(studio, person):
    app, _ = enrol(studio, person)
    client, browser = register(studio), Browser(studio)
    asked = browser.allow(browser.ask(client))
    studio.clock.advance(400)
    assert "took too long" in browser.answer(asked, otp=app.next(), decision="allow").text
    asked = browser.allow(browser.ask(client))
    changed = {"current_password": PASSWORD, "new_password": "quite another thing"}
    assert person.put("/api/v1/users/me/password", json=changed).status_code == 200
    assert browser.answer(asked, otp=app.next(), decision="allow").status_code == 401
    forged = {**fields_of(asked), "pending": fields_of(asked)["pending"][:-4] + "AAAA"}
    answer = browser.post("/oauth/authorize", data={**forged, "otp": app.next(), "decision": "allow"})
    assert answer.status_code == 401


def test_setting_it_up_on_the_page_uses_no_budget_up(make_studio, add_user):
    settings = {"auth.second_factor_roles": ("manager",), "auth.login_attempts_address": 2}
    studio = make_studio(plugins=["auth"], overrides=settings)
    client = register(studio)
    for number in range(4):
        email = add_user(studio, f"person{number}@example.org", role="manager")["email"]
        browser = Browser(studio)
        page = browser.allow(browser.ask(client), email=email)
        secret = re.search(r"Key: <code>([A-Z2-7 ]+)</code>", page.text).group(1).replace(" ", "")
        assert browser.answer(page, otp=Authenticator(studio, secret).code(), decision="enrol").status_code == 200


def test_the_consent_page_sets_it_up_where_the_role_needs_one(strict, add_user):
    add_user(strict, role="manager")
    client, browser = register(strict), Browser(strict)
    page = browser.allow(browser.ask(client))
    assert page.status_code == 200
    assert "<svg" in page.text
    secret = re.search(r"Key: <code>([A-Z2-7 ]+)</code>", page.text).group(1).replace(" ", "")
    app = Authenticator(strict, secret)
    wrong = browser.answer(page, otp="000000", decision="enrol")
    assert wrong.status_code == 400
    assert secret in wrong.text.replace(" ", "")
    done = browser.answer(wrong, otp=app.code(), decision="enrol")
    assert done.status_code == 200
    assert len(re.findall(r"<li><code>[A-Z2-7-]{19}</code></li>", done.text)) == 10
    assert "code" in sent_back(browser.answer(done, decision="allow"))
