"""Failed logins have to wait, longer each time, and nobody is locked out for ever."""

from __future__ import annotations

import pytest

PASSWORD = "password123"


def _try(studio, password="wrong-password", email="person@example.org"):
    return studio.anonymous.post("/api/v1/auth/login", json={"email": email, "password": password})


def test_too_many_failures_are_answered_with_429_and_retry_after(studio, add_user):
    add_user(studio)
    assert [_try(studio).status_code for _ in range(5)] == [401] * 5
    refused = _try(studio, PASSWORD)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert int(refused.headers["Retry-After"]) >= 1


def test_unknown_accounts_are_throttled_alike(studio):
    answers = [_try(studio, email="nobody@example.org").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_waiting_lets_the_right_password_in(studio, add_user):
    add_user(studio)
    for _ in range(5):
        _try(studio)
    wait = int(_try(studio).headers["Retry-After"])
    studio.clock.advance(wait)
    assert _try(studio, PASSWORD).status_code == 200


def test_the_wait_doubles_up_to_its_maximum(make_studio, add_user):
    settings = {"auth.login_attempts_account": 1, "auth.login_delay_max_seconds": 4}
    studio = make_studio(plugins=["auth"], overrides=settings)
    add_user(studio)
    waits = []
    for _ in range(5):
        assert _try(studio).status_code == 401
        waits.append(int(_try(studio).headers["Retry-After"]))
        studio.clock.advance(waits[-1])
    assert waits == [1, 2, 4, 4, 4]


def test_refused_attempts_do_not_prolong_the_wait(studio, add_user):
    add_user(studio)
    for _ in range(5):
        _try(studio)
    for _ in range(20):
        assert _try(studio).status_code == 429
    studio.clock.advance(1)
    assert _try(studio, PASSWORD).status_code == 200


def test_success_forgets_earlier_failures(studio, add_user):
    add_user(studio)
    for _ in range(4):
        _try(studio)
    assert _try(studio, PASSWORD).status_code == 200
    assert [_try(studio).status_code for _ in range(4)] == [401] * 4


def test_an_address_has_a_budget_over_all_accounts(make_studio):
    studio = make_studio(plugins=["auth"], overrides={"auth.login_attempts_address": 3})
    answers = [_try(studio, email=f"p{number}@example.org").status_code for number in range(4)]
    assert answers == [401, 401, 401, 429]


def test_logins_that_succeed_use_no_budget_of_their_address_up(make_studio, add_user):
    studio = make_studio(plugins=["auth"], overrides={"auth.login_attempts_address": 3})
    add_user(studio)
    assert [_try(studio, PASSWORD).status_code for _ in range(5)] == [200] * 5
    # Nor do they give anything back to somebody who guesses in between.
    answers = []
    for number in range(4):
        answers.append(_try(studio, email=f"p{number}@example.org").status_code)
        _try(studio, PASSWORD)
    assert answers == [401, 401, 429, 429]


def test_strangers_failures_do_not_keep_the_owner_out(studio, add_user):
    add_user(studio)
    from studio_auth.service.throttle import Throttle

    throttle = Throttle(studio.platform)
    throttle.succeeded("person@example.org", "192.0.2.1")
    for _ in range(5):
        throttle.admit("person@example.org", "198.51.100.7")
    throttle.admit("person@example.org", "192.0.2.1")


def test_an_idempotency_key_does_not_give_attempts_back(studio, add_user):
    add_user(studio)
    for number in range(5):
        studio.anonymous.post(
            "/api/v1/auth/login",
            json={"email": "person@example.org", "password": "wrong-password"},
            headers={"Idempotency-Key": f"key-{number}"},
        )
    assert _try(studio, PASSWORD).status_code == 429


def test_changing_the_password_is_throttled_too(studio, add_user, log_in, bearer):
    add_user(studio)
    client = bearer(studio, log_in(studio)["access_token"])
    body = {"current_password": "wrong-password", "new_password": "another-password"}
    answers = [client.put("/api/v1/users/me/password", json=body).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]


def test_a_cache_that_is_down_does_not_open_the_door(studio, add_user):
    from studio_auth.service.throttle import Throttle
    from studio_kernel.errors import RateLimited, ServiceUnavailable

    class Down:
        def __getattr__(self, name):
            def fail(*arguments):
                raise ServiceUnavailable

            return fail

    throttle = Throttle(studio.platform)
    throttle._cache = Down()
    for _ in range(5):
        throttle.admit("person@example.org", "192.0.2.1")
    with pytest.raises(RateLimited):
        throttle.admit("person@example.org", "192.0.2.1")
    throttle.succeeded("person@example.org", "192.0.2.1")
    throttle.admit("person@example.org", "192.0.2.1")


def test_the_budget_is_shared_through_redis(make_studio, redis_url, tmp_path):
    first, second = (
        make_studio(plugins=["auth"], home=tmp_path / "shared", overrides={"redis_url": redis_url}) for _ in range(2)
    )
    assert [_try(first).status_code for _ in range(3)] == [401] * 3
    assert [_try(second).status_code for _ in range(3)] == [401, 401, 429]


def test_a_fresh_address_gets_in_however_long_strangers_have_guessed(studio, add_user):
    add_user(studio)
    from studio_auth.service.throttle import Throttle
    from studio_kernel.errors import RateLimited

    throttle = Throttle(studio.platform)
    for number in range(40):
        try:
            throttle.admit("person@example.org", f"198.51.100.{number % 5}")
        except RateLimited:
            studio.clock.advance(5)
    with pytest.raises(RateLimited):
        throttle.admit("person@example.org", "198.51.100.1")
    throttle.admit("person@example.org", "203.0.113.9")
    throttle.admit("person@example.org", "203.0.113.9")
    with pytest.raises(RateLimited):
        throttle.admit("person@example.org", "203.0.113.9")


def test_one_ipv6_network_counts_as_one_address(make_studio):
    from studio_auth.service.throttle import Throttle
    from studio_kernel.errors import RateLimited

    studio = make_studio(plugins=["auth"], overrides={"auth.login_attempts_address": 3})
    throttle = Throttle(studio.platform)
    for number in range(3):
        throttle.admit(f"p{number}@example.org", f"2001:db8::{number}")
    with pytest.raises(RateLimited):
        throttle.admit("p9@example.org", "2001:db8::ffff")
    throttle.admit("p9@example.org", "2001:db8:0:1::1")
