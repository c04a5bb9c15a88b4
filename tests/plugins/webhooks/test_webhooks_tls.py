"""Over TLS the name is verified although the connection goes to a pinned address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from studio_webhooks.addresses import AddressGuard
from studio_webhooks.sender import Sender
from studio_webhooks.testing import Receiver

from .conftest import sent

NAME = "hook.example.org"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for ``hook.example.org`` that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def secure_receiver(certificate: Path) -> Iterator[Receiver]:
    """A receiver that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Receiver(context) as running:
        yield running


def sender() -> Sender:
    """Finds every name on loopback."""
    return Sender(AddressGuard(["127.0.0.0/8"], resolver=lambda host, port: ["127.0.0.1"]), timeout=3)


def test_a_certificate_of_the_name_is_accepted(
    secure_receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outcome = sent(sender(), f"https://{NAME}:{secure_receiver.port}/hook", {}, b"{}", datetime.now(UTC))
    assert outcome.succeeded, outcome.error
    assert secure_receiver.received[0].headers["host"] == f"{NAME}:{secure_receiver.port}"


def test_a_certificate_of_another_name_is_refused(
    secure_receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outcome = sent(sender(), f"https://other.example.org:{secure_receiver.port}/", {}, b"{}", datetime.now(UTC))
    assert outcome.error == "The receiver's TLS certificate can't be verified"
    assert secure_receiver.received == []


def test_a_certificate_of_an_unknown_issuer_is_refused(secure_receiver: Receiver) -> None:
    outcome = sent(sender(), f"https://{NAME}:{secure_receiver.port}/", {}, b"{}", datetime.now(UTC))
    assert outcome.error == "The receiver's TLS certificate can't be verified"


def test_a_receiver_without_tls_gets_nothing_over_https() -> None:
    with Receiver() as plain:
        outcome = sent(sender(), f"https://{NAME}:{plain.port}/", {}, b"{}", datetime.now(UTC))
        assert outcome.error == "No TLS connection to the receiver came about"
        assert plain.received == []
