"""A connection by TLS 1.3, with a server that proves who it is (RFC 9110 section 4.3.4)."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple

from catenet.nodes.machine import DecodeError
from catenet.nodes.programs.certificate import CertificateWords, read_certificate

__all__ = ["Secured", "secured"]

# openssl-verification-options(1) has the meanings, x509_vfy.h the numbers.
_NOT_YET_VALID, _EXPIRED, _OTHER_HOST, _OTHER_ADDRESS = 9, 10, 62, 64
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
_NAMES = 3  # of a certificate that are told
_NO_CLOSE_NOTIFY = "the connection ended without TLS's close_notify: what came may be cut short"


_WORDS = {
    "WRONG_VERSION_NUMBER": "what answers there speaks no TLS; is it http://?",
    "RECORD_LAYER_FAILURE": "what answers there speaks no TLS; is it http://?",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server speaks no TLS 1.3",
    "UNSUPPORTED_PROTOCOL": "the server speaks no TLS 1.3",
}


class Proof(NamedTuple):
    """Of what TLS has agreed on: the version, who certifies the server, and until which day."""

    version: str
    authority: str
    until: str


class Secured:
    """The connection, once the server has proved who it is, and how."""

    def __init__(self, connection: ssl.SSLSocket, proof: Proof) -> None:
        self._connection = connection
        self.proof = proof

    def sendall(self, data: bytes) -> None:
        self._connection.sendall(data)

    def recv(self, size: int) -> bytes:
        """Bytes that came; empty: the server said that it is done.

        Raises:
            OSError: it ended without saying so, which anybody may have done (RFC 8446 section 6.1); or TLS is broken.

        """
        try:
            return self._connection.recv(size)
        except ssl.SSLEOFError:
            raise OSError(_NO_CLOSE_NOTIFY) from None

    def __enter__(self) -> Secured:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with suppress(OSError, ValueError):
            self._connection.settimeout(0)  # our close_notify goes out; the server's is not waited for
            self._connection.unwrap()
        self._connection.close()


def secured(connection: socket.socket, host: str) -> Secured:
    """The same connection by TLS; the handshake waits as long as the connection does.

    Raises:
        OSError: the server speaks no TLS 1.3, or its certificate is refused: the text says why.

    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # What is said first goes out at once; else it would wait until the server has acknowledged the handshake's end.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = host.removesuffix(".")
    tls = context.wrap_socket(
        connection, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=False
    )
    try:
        _shake_hands(tls, name)
        seen = read_certificate(tls.getpeercert(binary_form=True) or b"")
        return Secured(tls, Proof(str(tls.version()), seen.issuer, f"{seen.end:%Y-%m-%d}"))
    except DecodeError as error:
        tls.close()
        raise OSError(f"its certificate cannot be read: {error}") from None
    except BaseException:
        tls.close()
        raise


def _shake_hands(tls: ssl.SSLSocket, host: str) -> None:
    try:
        tls.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise OSError(_refusal(error, _shown(tls), host)) from None
    except ssl.SSLEOFError:
        raise OSError("the server ended the connection within the handshake") from None
    except ssl.SSLError as error:
        raise OSError(_WORDS.get(error.reason or "", f"no TLS 1.3: {error.reason}")) from None


def _shown(tls: ssl.SSLSocket) -> CertificateWords | None:
    """What the refused certificate says, as far as this Python tells (3.13 does)."""
    chain: Any = getattr(tls, "get_unverified_chain", list)()
    with suppress(DecodeError, IndexError):
        return read_certificate(chain[0])
    return None


def _refusal(error: ssl.SSLCertVerificationError, seen: CertificateWords | None, host: str) -> str:
    """Which certificate is refused, and why, for people."""
    code = error.verify_code
    of = f"the certificate of {host}"
    if code == _EXPIRED:
        return f"{of} expired on {seen.end:%Y-%m-%d}" if seen else f"{of} has expired"
    if code == _NOT_YET_VALID:
        return f"{of} is valid only from {seen.begin:%Y-%m-%d} on" if seen else f"{of} is not valid yet"
    if code in (_OTHER_HOST, _OTHER_ADDRESS):
        names = ", ".join(seen.names[:_NAMES]) if seen else "somebody else"
        return f"the certificate is for {names}, not for {host}"
    if code in _UNKNOWN_ISSUER:
        issuer = f"{seen.issuer}, " if seen and seen.issuer else ""
        return f"{of} is signed by {issuer}an authority that this node does not trust"
    return f"{of} is refused: {error.verify_message}"
