"""TLS 1.3 (RFC 8446) as a `Stream` around a `Stream`: OpenSSL between two buffers, without a socket.

    state      waits for                     until
    HANDSHAKE  the peer's part of it         it is whole: then OPEN; or _HANDSHAKE has passed: then CLOSED
    OPEN       what the inner stream wants   it has finished, or TLS is broken: then CLOSED
    CLOSED     nothing                       what is ready is still sent: a close_notify, or the alert that says why

What comes in once it is CLOSED is thrown away: a peer may send until it has read our close_notify (section 6.1).

Only a service that speaks TLS imports this file, and OpenSSL with it.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum, auto
from functools import cached_property

from catenet.nodes.control.certificate import Certificate
from catenet.nodes.control.config import ConfigError
from catenet.nodes.machine import Breakable, Endpoint, Json, Report, Stream, Throttled
from catenet.nodes.once import OncePerReason

__all__ = ["ServiceTls", "TlsStream", "server_context"]

_HANDSHAKE = 5.0  # seconds
_PIECE = 65_536
"""Bytes that are read at a time; so many that wait to be sent stop what the inner stream has to say."""

_WORDS = {
    "HTTP_REQUEST": "plain HTTP where TLS is spoken",
    "HTTPS_PROXY_REQUEST": "plain HTTP where TLS is spoken",
    "WRONG_VERSION_NUMBER": "no TLS",
    "UNSUPPORTED_PROTOCOL": "no TLS 1.3, only an older version",
    "UNEXPECTED_EOF_WHILE_READING": "the connection ended without a close_notify",
    "TLSV1_ALERT_UNKNOWN_CA": "the peer does not trust the certificate's authority",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the peer says that the certificate has expired",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the peer does not accept the certificate",
}
"""What OpenSSL's reasons mean; others are told by their own names."""


class _State(Enum):
    HANDSHAKE = auto()
    OPEN = auto()
    CLOSED = auto()


class TlsStream:
    """One connection's TLS, as a `Stream`. `failure` is why it came to a bad end; empty: it did not."""

    def __init__(
        self,
        opened: Callable[[], Stream],
        context: ssl.SSLContext,
        now: float,
        *,
        name: str | None = None,
        refused: Callable[[str], list[Report]] = lambda why: [],  # noqa: ARG005
    ) -> None:
        """`opened` gives the inner stream, once the handshake is whole. `context` says whether we are the server; a
        client gives the server's `name`. `refused`: why TLS is broken → what is to be told of it.
        """
        self.failure = ""
        self._opened = opened
        self._refused = refused
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server_side = context.protocol is ssl.PROTOCOL_TLS_SERVER
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server_side, server_hostname=name)
        self._inner: Stream | None = None
        self._state = _State.HANDSHAKE
        self._now = now
        self._deadline = now + _HANDSHAKE
        self._peer_done = False
        self._reports: list[Report] = []
        self._advance(now)  # a client speaks first

    def receive_data(self, data: bytes, now: float) -> None:
        self._now = now
        if self._state is not _State.CLOSED:
            self._incoming.write(data)
            self._advance(now)

    def receive_eof(self, now: float) -> None:
        """Without a close_notify before it, it is no end that the peer meant: anybody may have cut what it had to say
        (section 6.1). So to a stream that knows the difference the connection is lost."""
        self._now = now
        if not self._peer_done and self._state is not _State.CLOSED:
            self._incoming.write_eof()
            self._advance(now)

    def data_to_send(self) -> bytes:
        """The records to be written now; what the inner stream has to say waits in it while _PIECE bytes wait here."""
        if self._state is _State.OPEN and self._inner is not None:
            self._pull(self._inner)
        return self._outgoing.read()

    def next_wake(self) -> float | None:
        if self._state is _State.HANDSHAKE:
            return self._deadline
        return self._inner.next_wake() if self._state is _State.OPEN and self._inner is not None else None

    def wake(self, now: float) -> None:
        """The handshake is not whole in time; or something of the inner stream's is due."""
        self._now = now
        if self._state is _State.HANDSHAKE:
            if now >= self._deadline:
                self._fail("no whole handshake in time")
        elif self._state is _State.OPEN and self._inner is not None:
            self._inner.wake(now)

    @property
    def finished(self) -> bool:
        return self._state is _State.CLOSED and not self._outgoing.pending

    @property
    def wants_data(self) -> bool:
        """As the inner stream says it."""
        return self._inner.wants_data if isinstance(self._inner, Throttled) else True

    def give_up(self) -> None:
        """To the inner stream, too, it is the end; within the handshake it is a refusal."""
        if self._state is _State.HANDSHAKE:
            self._fail("the connection was lost within the handshake")
        elif self._state is _State.OPEN:
            self._state = _State.CLOSED
            self._lose()

    def take_reports(self) -> list[Report]:
        reports, self._reports = self._reports, []
        return reports if self._inner is None else [*reports, *self._inner.take_reports()]

    def _advance(self, now: float) -> None:
        """As far as what has come in leads: one piece of it may hold the handshake's end and many records."""
        try:
            if self._state is _State.HANDSHAKE:
                self._tls.do_handshake()
                self._state, self._inner = _State.OPEN, self._opened()
            assert self._inner is not None
            while data := self._tls.read(_PIECE):
                self._inner.receive_data(data, now)
            self._end(now)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self._end(now)
        except ssl.SSLError as error:
            self._fail(_why(error))

    def _end(self, now: float) -> None:
        """A close_notify came: the peer will send no more, but still gets what it is owed."""
        if self._inner is None:
            self._fail("the connection ended within the handshake")
        elif not self._peer_done:
            self._peer_done = True
            self._inner.receive_eof(now)

    def _pull(self, inner: Stream) -> None:
        try:
            while self._outgoing.pending < _PIECE:
                data = inner.data_to_send()
                if not data:
                    if inner.finished:
                        self._close()
                    return
                left = memoryview(data)
                while left:  # OpenSSL takes a record's worth at a time
                    left = left[self._tls.write(left) :]
        except ssl.SSLError as error:
            self._fail(_why(error))

    def _close(self) -> None:
        self._state = _State.CLOSED
        with suppress(ssl.SSLError):  # it would wait for the peer's close_notify
            self._tls.unwrap()

    def _fail(self, why: str) -> None:
        self._state = _State.CLOSED
        self.failure = why
        self._reports += self._refused(why)
        self._lose()

    def _lose(self) -> None:
        """Nothing more comes to the inner stream, and what it has to say is not sent."""
        if isinstance(self._inner, Breakable):
            self._inner.give_up()
        elif self._inner is not None and not self._peer_done:
            self._peer_done = True
            self._inner.receive_eof(self._now)


def _why(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    reason = error.reason or "TLS is broken"
    return _WORDS.get(reason, reason.lower().replace("_", " "))


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """TLS 1.3 with this certificate.

    Raises:
        ssl.SSLError: it is no certificate with its key.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # A ticket is sent behind the handshake: to a client that has sent all and closed, that is a reset, which takes the
    # answer with it.
    context.num_tickets = 0
    # OpenSSL wants a file; this one is in memory, and nobody else's.
    file = os.memfd_create("certificate")
    try:
        os.write(file, "".join(certificate).encode())
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
    return context


class ServiceTls:
    """What a service speaks TLS with: the certificate of which it was told, and whom its node trusts."""

    def __init__(
        self, service: str, told: Mapping[str, Json], count: Callable[[str], None], authority: str = ""
    ) -> None:
        """`count` raises a counter. `authority`: a certificate (PEM) that is trusted; empty: whom the node trusts."""
        self._service = service
        self._certificate = Certificate.of(told)
        self._count = count
        self._authority = authority or None
        self._once = OncePerReason()
        self._serving: ssl.SSLContext | None = None

    def check(self) -> None:
        """Raises ConfigError: it has no certificate to serve with."""
        self._context_to_serve()

    def check_name(self, name: str) -> None:
        """Raises ValueError: it is no name that a peer could prove: a label is empty, or longer than 63 octets."""
        try:
            self._asking.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
        except (ValueError, TypeError) as error:  # TypeError: a NUL in it
            raise ValueError(f"{name!r} is no name: {error}") from None

    def serve(self, peer: Endpoint, opened: Callable[[], Stream], now: float) -> TlsStream:
        """For a connection that was accepted; `opened` gives its stream, once the handshake is whole."""
        return TlsStream(opened, self._context_to_serve(), now, refused=lambda why: self._refused(peer, why))

    def ask(self, name: str, opened: Callable[[], Stream], failed: Callable[[str], None], now: float) -> TlsStream:
        """For a connection to a peer who is to prove that this is its name; `failed`: it has not, or what came is
        broken, and why.
        """

        def refused(why: str) -> list[Report]:
            failed(why)
            return []

        return TlsStream(opened, self._asking, now, name=name, refused=refused)

    def _context_to_serve(self) -> ssl.SSLContext:
        if self._serving is None:
            self._serving = self._make_context()
        return self._serving

    def _make_context(self) -> ssl.SSLContext:
        where = f"told.{self._service}"
        if self._certificate is None:
            raise ConfigError(f"{self._service}: tls is on, and {where} has no certificate for it")
        try:
            return server_context(self._certificate)
        except ssl.SSLError as error:
            raise ConfigError(f"{self._service}: {where} has no certificate with its key: {error}") from None

    @cached_property
    def _asking(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context

    def _refused(self, peer: Endpoint, why: str) -> list[Report]:
        self._count("tls_refused")
        data = {"source": str(peer), "why": why}
        return [Report("input.refused", f"{peer}: {why}", data)] if self._once.first(why) else []
