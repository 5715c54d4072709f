"""A certificate authority of this process, and servers on this machine that show a certificate of it."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

VALID = timedelta(days=2)


@dataclass(frozen=True)
class Authority:
    """A root certificate in PEM, and what a server at 127.0.0.1 needs that shows a certificate of it.

    Attributes:
        root: the root, which whoever calls the server has to trust.
        context: the server's side of connections.
    """

    root: str
    context: ssl.SSLContext

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        """Return one whose files are in `folder`. The keys are RSA of 2048 bits, as those of AWS's endpoints are."""
        root_key, server_key = (generate_private_key(65537, 2048) for _ in range(2))
        root = (
            _certificate("Root", root_key, "Root", root_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(root_key, SHA256())
        )
        server = (
            _certificate("Server", server_key, "Root", root_key)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .sign(root_key, SHA256())
        )
        shown = folder / "server.pem"
        shown.write_bytes(
            server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + server.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown)
        return cls(root.public_bytes(Encoding.PEM).decode(), context)


def _certificate(name: str, key: RSAPrivateKey, issuer: str, issuer_key: RSAPrivateKey) -> x509.CertificateBuilder:
    """Return a certificate that is yet to be signed, of what all have in common."""
    now, subject = datetime.now(UTC), x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .add_extension(subject, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
