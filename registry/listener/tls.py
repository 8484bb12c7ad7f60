"""The certificate that the server shows: its own, or one that it makes for itself."""

import datetime as dt
import hashlib
import ipaddress
import os
import ssl
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CERT, _KEY = "tls-cert.pem", "tls-key.pem"

_LIFETIME = dt.timedelta(days=3650)
"""Clients pin the fingerprint, so a certificate that ends only breaks what works."""


@frozen
class Certificate:
    """What TLS is spoken with.

    Attributes:
        context: For listening.
        fingerprint: SHA-256 of the certificate in DER, 64 lower-case hex digits, as
            ``pilot-daemon -registry-fingerprint`` takes it.
    """

    context: ssl.SSLContext
    fingerprint: str


def replace_certificate(running: Certificate, cert: Path, key: Path) -> Certificate:
    """Show another certificate to whoever connects from now on, on the same listeners.

    Args:
        running: What is shown so far; its context is used on.
        cert: The new chain.
        key: Its key.

    Raises:
        ValueError: They cannot be used; the old certificate is still shown.
    """
    new = load_certificate(cert, key)
    running.context.load_cert_chain(cert, key, password=_refuse_to_ask)
    return Certificate(running.context, new.fingerprint)


def load_certificate(cert: Path, key: Path) -> Certificate:
    """Use a certificate chain and its key.

    Raises:
        ValueError: One cannot be read, or they do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key, password=_refuse_to_ask)
        leaf = x509.load_pem_x509_certificate(cert.read_bytes())
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ValueError(f"tls-cert, tls-key: cannot use {cert} and {key}: {error}") from error
    der = leaf.public_bytes(serialization.Encoding.DER)
    return Certificate(context, hashlib.sha256(der).hexdigest())


def _refuse_to_ask() -> str:
    """A server has nobody at a terminal who could be asked for a passphrase."""
    raise ValueError("the key is encrypted")


def self_signed(folder: Path) -> Certificate:
    """Use the self-signed certificate in a folder; made now if it is not there.

    Raises:
        OSError: The folder cannot be written.
        ValueError: What is there cannot be used.
    """
    cert, key = folder / _CERT, folder / _KEY
    if not cert.exists():  # it is written last: where it is, its key is
        _make(cert, key)
    return load_certificate(cert, key)


def _make(cert: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Pilot Protocol")])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")),
    ]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # a client's clock may be late
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = private.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_whole(key, secret, mode=0o600)
    _write_whole(cert, signed.public_bytes(pem), mode=0o644)


def _write_whole(file: Path, content: bytes, mode: int) -> None:
    """Write a file so that it is there as a whole or not at all, also after a crash."""
    unfinished = file.with_suffix(".new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)
