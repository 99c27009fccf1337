"""How a provider process is started and what it answers: go-plugin's handshake, core protocol 1, with AutoMTLS.

https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
"""

import base64
import binascii
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from driftmgr.provider.errors import ProviderError
from driftmgr.provider.messages import PROTOCOLS, Protocol

SERVER_NAME = "localhost"
_COOKIE = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
# Would make the provider attach to another process, speak otherwise than we do, or answer somebody else.
_REMOVED = (
    "PLUGIN_CLIENT_CERT",
    "PLUGIN_MULTIPLEX_GRPC",
    "PLUGIN_UNIX_SOCKET_GROUP",
    "TF_REATTACH_PROVIDERS",
    "TF_CLI_ARGS",
)
_FIELDS = 4
_CORE_VERSION = "1"
# A sixth field of up to this length is no certificate (go-plugin's own rule).
_NO_CERTIFICATE = 50


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's first line says: protocol, socket, and the server's certificate (DER) if it serves TLS."""

    protocol: Protocol
    socket: str
    certificate: bytes | None


def parse_handshake(line: str) -> Handshake:
    """Read ``1|6|unix|/path|grpc|certificate``; raises ``ProviderError`` that quotes it."""
    fields = line.strip().split("|")
    shown = line.strip()[:200]
    if len(fields) < _FIELDS or fields[0] != _CORE_VERSION:
        raise ProviderError(
            f"not a Terraform provider: its first line is {shown!r}",
            hint="name the binary of a provider",
            reason="unsupported",
        )
    supported = {str(protocol): protocol for protocol in PROTOCOLS}
    if fields[1] not in supported:
        raise ProviderError(
            f"the provider speaks plugin protocol {fields[1]}, this engine {' and '.join(supported)}",
            hint="use another version of the provider",
            reason="unsupported",
        )
    if fields[2] != "unix" or (len(fields) > _FIELDS and fields[4] not in {"", "grpc"}):
        raise ProviderError(f"cannot talk to the provider over {shown!r}", reason="unsupported")
    text = fields[5] if len(fields) > _FIELDS + 1 else ""
    return Handshake(
        protocol=supported[fields[1]],
        socket=fields[3],
        certificate=_certificate(text) if len(text) > _NO_CERTIFICATE else None,
    )


def _certificate(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ProviderError("the provider's certificate cannot be read", reason="unsupported") from error


class ClientCertificate:
    """Our side of AutoMTLS: a certificate for one process and one day, its key only in the process's private folder."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DriftMgr"),
            ]
        )
        now = datetime.now(UTC)
        usage = dict.fromkeys(
            ("content_commitment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"),
            False,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=True, key_encipherment=True, key_cert_sign=True, **usage), critical=True
            )
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self._key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def context(self, server: bytes, folder: Path, *, weak: bool = False) -> ssl.SSLContext:
        """TLS that trusts exactly the ``server`` certificate and shows ours.

        ``weak`` admits a server key of 1024 bits, as the Python SDK for providers makes: the certificate is pinned and
        the socket private, so its strength protects nothing more.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["h2"])
        if weak:
            context.set_ciphers("DEFAULT@SECLEVEL=1")
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=server)
        # The ssl module takes keys from files only.
        path = folder / "client.pem"
        path.touch(mode=0o600)
        try:
            path.write_text(self.pem + self._key)
            context.load_cert_chain(path)
        finally:
            path.unlink()
        return context


def provider_environment(base: Mapping[str, str], folder: Path, client_certificate: str | None) -> dict[str, str]:
    """The variables that a provider starts with: those of ``base`` (cloud credentials) and those of the handshake.

    Without a client certificate the provider serves plain text.
    """
    kept = {name: value for name, value in base.items() if name not in _REMOVED and not name.startswith("TF_CLI_ARGS_")}
    kept |= {
        _COOKIE[0]: _COOKIE[1],
        "PLUGIN_PROTOCOL_VERSIONS": ",".join(map(str, PROTOCOLS)),
        "PLUGIN_UNIX_SOCKET_DIR": str(folder),
        "TMPDIR": str(folder),
        # Else the SDKs write several KB of log per resource.
        "TF_LOG_SDK": "OFF",
        "TF_LOG_SDK_PROTO": "OFF",
    }
    return kept | ({"PLUGIN_CLIENT_CERT": client_certificate} if client_certificate else {})
