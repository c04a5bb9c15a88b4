"""No webhook reaches an address that it must not: at creation and at every connection."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from studio_kernel.errors import ConfigurationError
from studio_webhooks.addresses import AddressGuard, AddressRefused, resolve
from studio_webhooks.sender import Sender
from studio_webhooks.testing import Receiver

from .conftest import MakeStage, Stage, sent

FORBIDDEN = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
)  # fmt: skip
REFUSALS = (
    "The receiver's name leads to an address that webhooks may not be sent to",
    "The receiver's name can't be resolved",
    "The URL is not valid",
)
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
SPELLINGS = (
    "http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/",
    "http://0x7f.1/", "http://017700000001/", "http://127.0.0.1./", "http://localhost/", "http://LOCALHOST:9200/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/", "http://[fd00:ec2::254]/", "http://0/", "http://0.0.0.0:8000/", "http://[::]/",
    "http://10.0.0.1/", "http://192.168.0.1/", "http://172.16.0.1/", "http://metadata.google.internal/",
    "http://intranet/", "http://printer.local/", "https://db.localhost/",
)  # fmt: skip


def answering(*answers: Sequence[str]) -> AddressGuard:
    """A guard whose resolver gives one answer after the other, then the last for ever."""
    waiting = list(answers)

    def look_up(host: str, port: int) -> Sequence[str]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return AddressGuard(resolver=look_up)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        answering([address]).addresses("hook.example.org", 443, "https")


@pytest.mark.parametrize("address", FORBIDDEN)
def test_one_forbidden_address_among_public_ones_refuses_the_host(address: str) -> None:
    with pytest.raises(AddressRefused):
        answering(["8.8.8.8", address]).addresses("hook.example.org", 443, "https")


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_connection_to_a_forbidden_address_is_refused_whatever_was_found_at_creation(address: str) -> None:
    sender = Sender(answering([address]), timeout=2)
    outcome = sent(sender, "http://hook.example.org/", {}, b"{}", datetime.now(UTC))
    assert "may not be sent to" in outcome.error


@pytest.mark.parametrize("url", SPELLINGS)
def test_a_connection_is_refused_however_the_host_is_written(url: str) -> None:
    outcome = sent(Sender(AddressGuard(), timeout=2), url, {}, b"{}", datetime.now(UTC))
    assert outcome.error in REFUSALS


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_passes(address: str) -> None:
    assert answering([address]).addresses("hook.example.org", 443, "https") == [address]


@pytest.mark.parametrize("url", SPELLINGS)
def test_creation_refuses_a_forbidden_host_however_it_is_written(make_stage: MakeStage, url: str) -> None:
    stage = make_stage(allowed_networks=[])
    answer = stage.admin.post("/api/v1/webhooks", json={"url": url, "events": ["*"]})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["details"]["field"] == "url"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "example.org/hook", "https://",
        "https:///path", "https://user:word@example.org/", "https://user@example.org/", "https://example.org/#part",
        "https://example.org:0/", "https://example.org:99999/", "https://example.org\\@10.0.0.1/", "https://exa mple/",
        "javascript:alert(1)", "//example.org/", "http://[::1", "https://example.org:port/", "",
        "https://a..b/", "https://%31%32%37.0.0.1/", "https://*.example.org/", f"https://{'a' * 64}.org/",
    ],
)  # fmt: skip
def test_creation_refuses_what_is_no_plain_web_address(stage: Stage, url: str) -> None:
    answer = stage.admin.post("/api/v1/webhooks", json={"url": url, "events": ["*"]})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["details"]["field"] == "url"


def test_a_change_of_the_url_is_checked_like_a_creation(make_stage: MakeStage) -> None:
    stage = make_stage(allowed_networks=[])
    created = stage.create("https://hook.example.org/")
    for method in (stage.admin.patch, stage.admin.put):
        answer = method(
            f"/api/v1/webhooks/{created['id']}", json={"url": "http://127.0.0.1/", "events": ["parcel.sent"]}
        )
        assert answer.status_code == 400


def test_a_name_that_changes_its_answer_reaches_nothing(receiver: Receiver) -> None:
    guard = answering(["93.184.216.34"], ["127.0.0.1"])
    assert guard.addresses("rebind.example.org", receiver.port, "http") == ["93.184.216.34"]
    outcome = sent(
        Sender(guard, timeout=2), f"http://rebind.example.org:{receiver.port}/hook", {}, b"{}", datetime.now(UTC)
    )
    assert "may not be sent to" in outcome.error
    assert receiver.received == []


def test_a_connection_goes_to_the_address_that_was_checked_and_no_other(receiver: Receiver) -> None:
    looked_up: list[str] = []

    def look_up(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    guard = AddressGuard(["127.0.0.0/8"], resolver=look_up)
    outcome = sent(
        Sender(guard, timeout=2), f"http://nowhere.example.org:{receiver.port}/hook", {}, b"{}", datetime.now(UTC)
    )
    assert outcome.succeeded
    assert looked_up == ["nowhere.example.org"], "one look-up: what was checked is what was connected to"
    assert receiver.received[0].headers["host"] == f"nowhere.example.org:{receiver.port}"


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{receiver.port}")
    outcome = sent(
        Sender(answering(["127.0.0.1"]), timeout=1), "http://hook.example.org/", {}, b"{}", datetime.now(UTC)
    )
    assert not outcome.succeeded
    assert receiver.received == []


def test_an_address_forbidden_since_creation_is_refused_at_the_connection(
    make_stage: MakeStage, receiver: Receiver
) -> None:
    stage = make_stage()
    created = stage.create(receiver.url)
    stage.publish()
    strict = make_stage(allowed_networks=[], home=stage.platform.home)
    strict.work()
    (made,) = strict.deliveries(created["id"])
    assert made["state"] == "pending"
    assert "may not be sent to" in made["error"]
    assert receiver.received == []


def test_plain_http_can_be_kept_to_allowed_networks(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(require_https=True)
    stage.create(receiver.url)
    with pytest.raises(AddressRefused, match="https"):
        AddressGuard(require_https=True, resolver=lambda host, port: ["8.8.8.8"]).addresses("a.org", 80, "http")


def test_a_resolver_without_an_answer_is_not_waited_for(receiver: Receiver) -> None:
    release = threading.Event()

    def stuck(host: str, port: int) -> Sequence[str]:
        release.wait(30)
        return ["8.8.8.8"]

    outcome = sent(
        Sender(AddressGuard(resolver=stuck), timeout=0.3), "https://slow.example.org/", {}, b"{}", datetime.now(UTC)
    )
    release.set()
    assert outcome.error == "No answer within 0.3 s"


def test_the_system_resolver_normalises_numbers() -> None:
    assert resolve("2130706433", 80) == ["127.0.0.1"]
    assert resolve("0177.0.0.1", 80) == ["127.0.0.1"]


@pytest.mark.parametrize("value", [["10.0.0.0/99"], ["somewhere"], ["10.0.0.1/8"]])
def test_a_wrong_network_stops_the_start(make_stage: MakeStage, value: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="STUDIO_WEBHOOKS_ALLOWED_NETWORKS"):
        make_stage(allowed_networks=value)
