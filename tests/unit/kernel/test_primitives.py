"""Ids, times, secrets, permissions and limits: the small things that the rest relies on."""

import os
import stat
import threading
import time
from datetime import UTC, datetime

import pytest

from studio_kernel import clock, ids
from studio_kernel.errors import ConfigurationError, Forbidden, RateLimited, Unauthorized
from studio_kernel.http.application import disposition
from studio_kernel.http.credentials import CredentialCache
from studio_kernel.http.requests import incoming
from studio_kernel.ratelimit import LocalWindows, RateLimiter
from studio_kernel.security.permissions import Permission, Permissions
from studio_kernel.security.principal import Credentials, Principal, anonymous
from studio_kernel.security.secrets import SecretBox, load_or_make_keys
from studio_kernel.telemetry import Metrics


def test_ids_sort_by_time_and_never_repeat():
    made = []
    for _ in range(5):
        made.append(ids.new_id("ev"))
        time.sleep(0.002)
    assert made == sorted(made)
    assert len({ids.new_id("ev") for _ in range(20_000)}) == 20_000
    assert all(ids.is_id(each, "ev") and len(each) == 29 for each in made)
    assert not ids.is_id("ev_", "ev")
    assert not ids.is_id("proj_x", "ev")


def test_an_id_tells_its_millisecond_and_eighty_random_bits():
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    before = time.time_ns() // 1_000_000
    tails = [ids.new_id("ev").removeprefix("ev_") for _ in range(5000)]
    after = time.time_ns() // 1_000_000
    for tail in (tails[0], tails[-1]):
        number = 0
        for letter in tail:
            number = number * 32 + letters.index(letter)
        assert before <= number >> 80 <= after
    assert all({tail[place] for tail in tails} == set(letters) for place in range(10, 26))


def test_ids_of_threads_do_not_meet():
    made = []
    threads = [threading.Thread(target=lambda: made.extend(ids.new_id("x") for _ in range(2000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2024-01-15T10:30:00Z", "2024-01-15T10:30:00.000000Z"),
        ("2024-01-15T12:30:00+02:00", "2024-01-15T10:30:00.000000Z"),
        ("2024-01-15t10:30:00.5z", "2024-01-15T10:30:00.500000Z"),
        ("2024-01-15 10:30:00.123456789Z", "2024-01-15T10:30:00.123456Z"),
    ],
)
def test_times_are_kept_in_one_form(text, stored):
    assert clock.to_text(clock.parse_rfc3339(text)) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-01-15",
        "2024-01-15T10:30:00",
        "2024-13-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_times_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match="Not a valid date-time"):
        clock.parse_rfc3339(text)


def test_times_sort_as_text_also_before_the_year_1000s_padding():
    assert clock.to_text(datetime(1900, 1, 2, tzinfo=UTC)) == "1900-01-02T00:00:00.000000Z"


def test_a_generated_key_is_readable_by_its_owner_alone(tmp_path):
    file = tmp_path / "new" / "secret.key"
    (key,) = load_or_make_keys(file)
    assert load_or_make_keys(file) == [key]
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert len(key) >= 43


def test_sealed_secrets_open_with_their_key_and_purpose_only():
    box = SecretBox("k" * 20, "webhooks")
    sealed = box.seal(b"hunter22")
    assert box.open(sealed) == b"hunter22"
    assert "hunter22" not in sealed + repr(box)
    for other in (SecretBox("k" * 20, "other"), SecretBox("j" * 20, "webhooks")):
        with pytest.raises(ConfigurationError, match="STUDIO_SECRET_KEY"):
            other.open(sealed)


def user(role, *scopes):
    return Principal("user", "user_1", "user_1", role, frozenset(scopes))


def test_by_default_the_answer_is_no():
    permissions = Permissions([Permission("a:read", "Read", frozenset(("viewer",)))])
    permissions.check(user("viewer", "read"), "a:read", "read")
    with pytest.raises(Unauthorized):
        permissions.check(anonymous("::1"), "a:read", "read")
    for principal, name, scope in (
        (user("viewer", "read"), "unknown:right", "read"),
        (user("viewer", "read"), "", "read"),
        (user("customer", "read"), "a:read", "read"),
        (user("", "read"), "a:read", "read"),
        (user("viewer"), "a:read", "read"),
        (user("viewer", "write"), "a:read", "read"),
    ):
        with pytest.raises(Forbidden):
            permissions.check(principal, name, scope)


def test_a_broad_scope_covers_the_fine_ones_of_its_verb_only():
    assert user("admin", "write").has_scope("evidence:write")
    assert user("admin", "evidence:write").has_scope("evidence:write")
    assert not user("admin", "evidence:write").has_scope("projects:write")
    assert not user("admin", "read").has_scope("evidence:write")


def test_limits_count_callers_and_marked_operations_apart():
    limiter = RateLimiter({"user": "2/hour", "anonymous": "1/hour"}, routes={"own": "1/hour"})
    one, two = user("viewer"), Principal("user", "user_2", "user_2", "viewer")
    assert [limiter.check(one, "a").remaining, limiter.check(one, "b").remaining] == [1, 0]
    assert limiter.check(two, "a").remaining == 1
    assert limiter.check(one, "own").remaining == 0
    with pytest.raises(RateLimited) as refused:
        limiter.check(one, "a")
    assert refused.value.details["remaining"] == 0
    assert int(refused.value.headers["Retry-After"]) <= 3601


def test_limits_are_shared_by_redis_and_go_on_without_it(redis_url):
    first, second = (RateLimiter({"user": "5/hour", "anonymous": "5/hour"}, redis_url=redis_url) for _ in range(2))
    assert first.check(user("viewer"), "a").remaining == 4
    assert second.check(user("viewer"), "a").remaining == 3
    alone = RateLimiter({"user": "5/hour", "anonymous": "5/hour"}, redis_url="redis://127.0.0.1:1/0")
    assert alone.check(user("viewer"), "a").remaining == 4


def test_an_answer_about_a_caller_is_kept_for_a_moment_and_dropped_at_once_when_told():
    asked = []

    def authenticate(credentials):
        asked.append(1)
        return user("viewer", "read")

    cache = CredentialCache(authenticate)
    credentials = Credentials({"authorization": "Bearer x"}, "::1")
    cache.identify(credentials)
    cache.identify(credentials)
    assert len(asked) == 1
    cache.forget(user_id="user_1")
    assert cache.peek(credentials) is None
    cache.identify(credentials)
    assert len(asked) == 2
    time.sleep(1.05)
    assert cache.peek(credentials) is None


@pytest.mark.parametrize(
    "look",
    [
        lambda credentials: credentials.headers.get("x-forwarded-email"),
        lambda credentials: "cookie" in credentials.headers,
        lambda credentials: dict(credentials.headers),
        lambda credentials: len(credentials.headers),
        lambda credentials: credentials.address,
        lambda credentials: credentials.peer,
    ],
)
def test_an_answer_for_which_more_was_looked_at_is_not_kept(look):
    def authenticate(credentials):
        look(credentials)
        return user("viewer", "read")

    cache = CredentialCache(authenticate)
    credentials = Credentials({"authorization": "Basic eDp5", "x-api-key": "sk_live_x"}, "::1", "::1")
    cache.identify(credentials)
    assert cache.peek(credentials) is None


def test_an_answer_that_rests_on_the_two_headers_is_kept():
    def authenticate(credentials):
        assert (credentials.headers["authorization"], credentials.headers.get("x-api-key")) == ("Basic eDp5", None)
        return user("viewer", "read")

    cache = CredentialCache(authenticate)
    credentials = Credentials({"authorization": "Basic eDp5"}, "::1")
    cache.identify(credentials)
    assert cache.peek(credentials) is not None


def test_an_answer_to_a_header_of_absurd_length_is_not_kept():
    cache = CredentialCache(lambda credentials: user("viewer", "read"))
    credentials = Credentials({"authorization": f"Bearer {' ' * 10_000}x"}, "::1")
    assert cache.identify(credentials).role == "viewer"
    assert cache.peek(credentials) is None


def test_an_expired_caller_is_not_kept():
    cache = CredentialCache(lambda credentials: Principal("user", "u", "u", "viewer", expires_at=time.time() - 1))
    credentials = Credentials({"authorization": "Bearer x"}, "::1")
    cache.identify(credentials)
    assert cache.peek(credentials) is None


def test_a_revocation_during_verification_wins():
    def authenticate(credentials):
        cache.forget(user_id="user_1")
        return user("viewer", "read")

    cache = CredentialCache(authenticate)
    credentials = Credentials({"authorization": "Bearer x"}, "::1")
    cache.identify(credentials)
    assert cache.peek(credentials) is None


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("203.0.113.9", "1.1.1.1", "203.0.113.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
    ],
)
def test_only_trusted_proxies_name_the_client(peer, header, address):
    import ipaddress

    scope = {"method": "GET", "path": "/", "client": (peer, 1), "headers": [(b"x-forwarded-for", header.encode())]}
    assert incoming(scope, {}, [ipaddress.ip_network("10.0.0.0/8")]).address == address


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plain.pdf", 'attachment; filename="plain.pdf"'),
        ('a"b\\c\r\nd.pdf', "attachment; filename=\"a_b_c__d.pdf\"; filename*=UTF-8''a%22b%5Cc%0D%0Ad.pdf"),
        ("Prüfung.pdf", "attachment; filename=\"Pr_fung.pdf\"; filename*=UTF-8''Pr%C3%BCfung.pdf"),
    ],
)
def test_a_file_name_can_not_break_its_header(name, header):
    assert disposition(name) == header


def test_a_window_counts_until_its_end_and_is_forgotten_then(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("studio_kernel.ratelimit.time.time", lambda: now[0])
    windows = LocalWindows()
    assert windows.count("a", 60, 0) == (0, 1060.0)
    assert windows.count("a", 60, 1) == (1, 1060.0)
    now[0] = 1059.0
    assert windows.count("a", 60, 1) == (2, 1060.0)
    assert windows.count("a", 60, 0) == (2, 1060.0)
    now[0] = 1070.0
    assert windows.count("b", 60, 1) == (1, 1130.0)
    assert set(windows._windows) == {"b"}
    assert windows.count("a", 60, 1) == (1, 1130.0)


def test_calls_are_counted_by_status_and_by_how_long_they_took():
    metrics = Metrics()
    metrics.observe("a.list", 200, 0.0005)
    metrics.observe("a.list", 200, 0.2)
    metrics.observe("a.list", 404, 100.0)
    lines = metrics.text().decode().splitlines()
    assert 'studio_requests_total{operation="a.list",status="200"} 2.0' in lines
    assert 'studio_requests_total{operation="a.list",status="404"} 1.0' in lines
    samples = [line.rpartition(" ") for line in lines if line.startswith("studio_request_seconds")]
    counts = {name: float(value) for name, _, value in samples}
    assert counts['studio_request_seconds_bucket{le="0.001",operation="a.list"}'] == 1
    assert counts['studio_request_seconds_bucket{le="0.5",operation="a.list"}'] == 2
    assert counts['studio_request_seconds_bucket{le="+Inf",operation="a.list"}'] == 3
    assert counts['studio_request_seconds_count{operation="a.list"}'] == 3
    assert counts['studio_request_seconds_sum{operation="a.list"}'] == pytest.approx(100.2005)
