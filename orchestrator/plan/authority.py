"""The lab's authority: it certifies who speaks TLS in the lab (RFC 5280), and the lab's nodes trust it.

It is a toy's. Every key comes from the lab's name alone, so that a lab has the same certificates each time, by whatever
way it is started, and nothing is kept that could be lost or stolen; and so that whoever knows the name can make each of
them. Nothing outside of the lab's nodes may trust it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from catenet.nodes.address import Address
from catenet.nodes.control.certificate import Certificate, Tls

__all__ = ["certify", "trusted"]

_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_END = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)  # the last year of a UTCTime (RFC 5280 section 4.1.2.5)
_EXPIRED = datetime(2021, 1, 1, tzinfo=UTC)
_LONGEST_NAME = 64  # characters of a common name (RFC 5280 appendix A.1: ub-common-name)
_OTHER = "other.invalid"  # nobody has this name (RFC 2606 section 2)
_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
"""For what a key may be used, as x509.KeyUsage names it."""


class _Authority(NamedTuple):
    """`word` tells the authorities of one lab apart."""

    lab: str
    word: str = "authority"

    @property
    def name(self) -> str:
        return f"{'Stranger to' if self.word == 'stranger' else 'Authority of'} {self.lab}"

    @property
    def key(self) -> Ed25519PrivateKey:
        return _key(self.lab, "", self.word)


def trusted(lab: str) -> str:
    """The certificate of a lab's authority, as PEM."""
    return _trusted(_Authority(lab))


@lru_cache
def _trusted(authority: _Authority) -> str:
    public = authority.key.public_key()
    made = (
        _begun(authority, authority.name, public, _END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return made.sign(authority.key, None).public_bytes(Encoding.PEM).decode()


def certify(lab: str, node: str, addresses: Sequence[Address], service: str, kind: Tls) -> Certificate:
    """The certificate of a node's service, for the node's name and addresses."""
    authority = _Authority(lab, "stranger" if kind == "stranger" else "authority")
    key = _key(lab, node, service)
    name = _OTHER if kind == "wrong-name" else node
    others = () if kind == "wrong-name" else tuple(x509.IPAddress(IPv4Address(int(each))) for each in addresses)
    short = name if len(name) <= _LONGEST_NAME else name.partition(".")[0]
    made = (
        _begun(authority, short, key.public_key(), _EXPIRED if kind == "expired" else _END)
        .add_extension(x509.SubjectAlternativeName((x509.DNSName(name), *others)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificate(made.sign(authority.key, None).public_bytes(Encoding.PEM).decode(), private.decode())


def _begun(authority: _Authority, subject: str, public: Ed25519PublicKey, end: datetime) -> x509.CertificateBuilder:
    """What all of them have. The key identifiers are wanted by whoever is strict (RFC 5280 sections 4.2.1.1, .2)."""
    signing = authority.key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(authority.name))
        .public_key(public)
        .serial_number(_serial(subject, str(public.public_bytes_raw()), str(end)))
        .not_valid_before(_BEGIN)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _USES})


def _key(*words: str) -> Ed25519PrivateKey:
    """RFC 8032 section 5.1.5: a private key is any 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(_digest("catenet", *words))


def _digest(*words: str) -> bytes:
    return sha256("\0".join(words).encode()).digest()


def _serial(*words: str) -> int:
    """Positive, at most 20 octets (RFC 5280 section 4.1.2.2), and another one for another certificate."""
    return int.from_bytes(_digest(*words)[:16]) | 1
