"""What a certificate says, read from anybody's bytes. The oracle is cryptography."""

from __future__ import annotations

from cryptography import x509
from fuzz_target import Target

from catenet.nodes.machine import DecodeError
from catenet.nodes.programs.certificate import CertificateWords, read_certificate

_MORE = (
    *(ValueError, x509.InvalidVersion, x509.ExtensionNotFound, x509.DuplicateExtension),
    x509.UnsupportedGeneralNameType,
)
"""What it refuses with: it asks for more than to be understood."""


def _both(data: bytes) -> tuple[bytes, CertificateWords]:
    return data, read_certificate(data)


def _check(value: tuple[bytes, CertificateWords]) -> None:
    data, ours = value
    assert all(isinstance(name, str) for name in (ours.issuer, *ours.names))
    try:
        theirs = x509.load_der_x509_certificate(data)
        times = theirs.not_valid_before_utc, theirs.not_valid_after_utc
        names = theirs.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = names.get_values_for_type(x509.DNSName)
    except _MORE:
        return
    assert (ours.begin, ours.end) == times
    assert set(hosts) <= set(ours.names)


certificate = Target(
    _both, (DecodeError,), _check, words=(b"\x30\x82", b"\x55\x1d\x11", b"\x17\x0d", b"\xa3\x81", b"\x80")
)
