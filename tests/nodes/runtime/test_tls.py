"""TLS as a stream around a stream, by hand: Python's own client in front of it, and its own client too."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tls_bench import NAME, Echo, Fragile, certificate, told, trusting

from catenet.nodes.control.certificate import Tls
from catenet.nodes.runtime.tls import TlsStream, server_context
from catenet.orchestrator.plan.authority import trusted

if TYPE_CHECKING:
    pass

PIECE = 65_536
SERVER = server_context(certificate())


class Client:
    """Python's own TLS client, without a socket."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or trusting()).wrap_bio(self.incoming, self.outgoing, server_hostname=NAME)
        self.got = b""
        self.closed = False
        self.error = ""
        self.take(b"")

    def take(self, data: bytes) -> None:
        if data:
            self.incoming.write(data)
        try:
            if self.tls.version() is None:
                self.tls.do_handshake()
            while piece := self.tls.read(PIECE):
                self.got += piece
            self.closed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.closed = True
        except ssl.SSLError as error:
            self.error = str(error)

    def say(self, data: bytes) -> bytes:
        """Its records."""
        while data:
            data = data[self.tls.write(data) :]
        return self.outgoing.read()

    def close(self) -> bytes:
        """Its close_notify."""
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self.outgoing.read()


def joined(inner: Echo | None = None, context: ssl.SSLContext = SERVER, now: float = 0.0) -> tuple[TlsStream, Client]:
    """A server and a client, with the handshake behind them."""
    server, client = TlsStream(lambda: inner or Echo(), context, now, refused=told), Client()
    for _ in range(3):
        exchange(server, client, now)
    assert client.tls.version() == "TLSv1.3"
    return server, client


def exchange(server: TlsStream, client: Client, now: float = 0.0) -> None:
    if data := client.outgoing.read():
        server.receive_data(data, now)
    client.take(server.data_to_send())


def sliced(data: bytes, rng: random.Random) -> list[bytes]:
    cuts = sorted(rng.sample(range(len(data) + 1), min(len(data), rng.randrange(8))))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


@given(st.lists(st.binary(max_size=40_000), max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_what_is_said_is_echoed_in_any_slicing(said: list[bytes], rng: random.Random) -> None:
    inner = Echo()
    server, client = TlsStream(lambda: inner, SERVER, 0.0), Client()
    left = [*said, None]
    while not client.closed:
        if client.tls.version() is not None and left:
            data = left.pop(0)
            records = client.say(data) if data is not None else client.close()
        else:
            records = client.outgoing.read()
        for piece in sliced(records, rng):
            server.receive_data(piece, 0.0)
            for back in sliced(server.data_to_send(), rng):
                client.take(back)
        client.take(server.data_to_send())
    assert client.got == inner.heard == b"".join(said)
    assert (client.error, server.failure, inner.ended, server.finished) == ("", "", True, True)


def test_the_end_of_the_handshake_and_many_records_in_one_piece() -> None:
    inner = Echo()
    server, client = TlsStream(lambda: inner, SERVER, 0.0), Client()
    server.receive_data(client.outgoing.read(), 0.0)
    client.take(server.data_to_send())
    finished = client.outgoing.read()
    server.receive_data(finished + client.say(b"one") + client.say(b"two") + client.say(b"x" * 50_000), 0.0)
    assert inner.heard == b"onetwo" + b"x" * 50_000


def test_a_client_of_our_own_in_front_of_a_server_of_our_own() -> None:
    """Both ends are streams: a simulation hands their bytes over."""
    here, there = Echo(), Echo()
    here.outbox = b"hello"
    client = TlsStream(lambda: here, trusting(), 0.0, name=NAME)
    server = TlsStream(lambda: there, SERVER, 0.0)
    for _ in range(4):
        server.receive_data(client.data_to_send(), 0.0)
        client.receive_data(server.data_to_send(), 0.0)
    assert (there.heard[:5], here.heard[:5], client.failure, server.failure) == (b"hello", b"hello", "", "")


# The end


def test_8446_6_1_the_inner_streams_end_is_a_close_notify_and_what_comes_behind_it_is_thrown_away() -> None:
    inner = Echo()
    server, client = joined(inner)
    server.receive_data(client.say(b"bye"), 0.0)
    assert not server.finished
    client.take(server.data_to_send())
    assert (client.got, client.closed, client.error) == (b"bye", True, "")
    assert server.finished
    server.receive_data(client.say(b"more"), 0.0)
    server.receive_data(b"no record at all", 0.0)
    server.receive_eof(0.0)
    assert (inner.heard, server.data_to_send(), server.failure, server.next_wake()) == (b"bye", b"", "", None)


def test_8446_6_1_what_was_said_before_the_close_notify_is_still_answered() -> None:
    inner = Echo()
    server, client = joined(inner)
    server.receive_data(client.say(b"question") + client.close(), 0.0)
    assert (inner.heard, inner.ended) == (b"question", True)
    server.receive_eof(0.0)
    client.take(server.data_to_send())
    assert (client.got, client.closed, server.failure, server.finished) == (b"question", True, "", True)


def test_8446_6_1_an_end_without_a_close_notify_is_no_end_that_the_peer_meant() -> None:
    inner = Fragile()
    server, client = joined(inner)
    server.receive_data(client.say(b"half of it"), 0.0)
    server.receive_eof(0.0)
    assert not inner.ended
    assert server.failure == "the connection ended without a close_notify"
    assert [report.text for report in server.take_reports()] == [server.failure]
    server.data_to_send()
    assert server.finished


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"])
def test_an_end_within_the_handshake(said: bytes) -> None:
    server = TlsStream(Echo, SERVER, 0.0, refused=told)
    server.receive_data(said, 0.0)
    server.receive_eof(0.0)
    assert server.failure == "the connection ended without a close_notify"
    server.data_to_send()
    assert server.finished


def test_a_close_notify_within_the_handshake() -> None:
    server = TlsStream(Echo, SERVER, 0.0, refused=told)
    server.receive_data(bytes.fromhex("15 0303 0002 01 00"), 0.0)  # a warning: close_notify
    server.receive_eof(0.0)
    assert server.failure
    server.data_to_send()
    assert server.finished


def cut(server: TlsStream, client: Client) -> None:
    server.receive_eof(0.0)


def damage(server: TlsStream, client: Client) -> None:
    server.receive_data(b"\x17\x03\x03\x00\x20" + bytes(32), 0.0)


def reset(server: TlsStream, client: Client) -> None:
    server.give_up()


@pytest.mark.parametrize("breaking", [cut, damage, reset])
def test_8446_6_1_where_tls_breaks_the_inner_stream_hears_once_that_nothing_more_comes(
    breaking: Callable[[TlsStream, Client], None],
) -> None:
    fragile, other = Fragile(), Echo()
    for inner in (fragile, other):
        server, client = joined(inner)
        server.receive_data(client.say(b"question"), 0.0)
        breaking(server, client)
        server.data_to_send()
        server.give_up()  # the connection is gone, too
        assert (inner.heard, server.finished) == (b"question", True)
    assert (fragile.lost, fragile.ended) == (1, False)
    assert other.ended


def test_a_reset_within_the_handshake_is_a_refusal() -> None:
    server = TlsStream(Echo, SERVER, 0.0, refused=told)
    server.receive_data(Client().outgoing.read(), 0.0)
    server.give_up()
    (report,) = server.take_reports()
    assert report.text == server.failure == "the connection was lost within the handshake"
    assert server.next_wake() is None


# Time, and how much is held


def test_the_handshake_has_its_time_and_then_the_inner_stream_has_its_own() -> None:
    late = TlsStream(Echo, SERVER, 100.0, refused=told)
    assert late.next_wake() == 105.0
    late.wake(104.0)
    assert not late.finished
    late.wake(105.0)
    assert late.finished
    assert [report.text for report in late.take_reports()] == ["no whole handshake in time"]
    inner = Echo()
    inner.waking = 7.0
    server, client = joined(inner, now=1.0)
    assert server.next_wake() == 7.0
    server.wake(7.0)
    client.take(server.data_to_send())
    assert client.got == b"awake"


class Much(Echo):
    """It has ten megabytes to say, in pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 10_000_000

    def data_to_send(self) -> bytes:
        piece = bytes(min(PIECE, self.left))
        self.left -= len(piece)
        self.finished = not self.left
        return piece


def test_what_nobody_takes_waits_in_the_inner_stream() -> None:
    inner = Much()
    server, client = joined(inner)
    total = len(client.got)
    server.wake(0.0)
    server.receive_data(client.say(b"and now?"), 0.0)
    assert 10_000_000 - inner.left <= total + 2 * PIECE
    while data := server.data_to_send():
        assert len(data) < 3 * PIECE
        client.take(data)
    assert (len(client.got), client.closed, server.finished, client.error) == (10_000_000, True, True, "")


# What is no TLS 1.3, and what is damaged


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"GET / HTTP/1.1\r\nHost: www\r\n\r\n", "plain HTTP where TLS is spoken"),
        (b"CONNECT a:1 HTTP/1.1\r\n\r\n", "plain HTTP where TLS is spoken"),
        (b"SSH-2.0-OpenSSH_9.9\r\n" * 4, "no TLS"),
        (b"\x16\x03\x01\xff\xff" + bytes(70_000), ""),
        (b"\x80\x2e\x01\x00\x02" + bytes(60), ""),  # SSL 2
    ],
)
def test_what_is_no_tls_is_refused_and_told(said: bytes, why: str) -> None:
    server = TlsStream(Echo, SERVER, 0.0, refused=told)
    server.receive_data(said, 0.0)
    (report,) = server.take_reports()
    assert report.text == server.failure
    assert why in server.failure
    server.data_to_send()
    assert server.finished


@given(st.binary(min_size=1, max_size=200))
@settings(max_examples=150)
def test_whatever_comes_it_never_raises(said: bytes) -> None:
    server = TlsStream(Echo, SERVER, 0.0)
    server.receive_data(said, 0.0)
    server.receive_eof(0.0)
    server.data_to_send()
    assert server.finished
    assert server.failure


def test_an_older_version_is_refused_with_an_alert_that_says_so() -> None:
    older = ssl.create_default_context(cadata=trusted("lab"))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    server, client = TlsStream(Echo, SERVER, 0.0, refused=told), Client(older)
    exchange(server, client)
    assert server.failure == "no TLS 1.3, only an older version"
    assert "alert protocol version" in client.error.lower().replace("_", " ")


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
@settings(max_examples=40)
def test_a_record_of_which_one_bit_is_another_ends_it_with_an_alert(at: int, bit: int) -> None:
    inner = Echo()
    server, client = joined(inner)
    record = bytearray(client.say(b"transfer 100"))
    record[5 + at % (len(record) - 5)] ^= 1 << bit  # behind its head: the text, or its tag
    server.receive_data(bytes(record), 0.0)
    assert server.failure == "decryption failed or bad record mac"
    client.take(server.data_to_send())
    assert "alert bad record mac" in client.error.lower().replace("_", " ")
    assert (inner.heard, server.finished) == (b"", True)


# Certificates


@pytest.mark.parametrize(
    ("kind", "lab", "name", "why"),
    [
        ("on", "lab", NAME, ""),
        ("on", "lab", "127.0.0.1", ""),
        ("on", "lab", "www.example.com", "Hostname mismatch, certificate is not valid for 'www.example.com'"),
        ("on", "lab", "127.0.0.2", "IP address mismatch, certificate is not valid for '127.0.0.2'"),
        ("on", "another", NAME, "unable to get local issuer certificate"),
        ("expired", "lab", NAME, "certificate has expired"),
        ("wrong-name", "lab", NAME, f"Hostname mismatch, certificate is not valid for '{NAME}'"),
        ("stranger", "lab", NAME, "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_that_is_wrong_is_refused(kind: Tls, lab: str, name: str, why: str) -> None:
    context = trusting(lab)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 has it by itself
    client = TlsStream(Echo, context, 0.0, name=name)
    server = TlsStream(Echo, server_context(certificate(kind)), 0.0, refused=told)
    for _ in range(3):
        server.receive_data(client.data_to_send(), 0.0)
        client.receive_data(server.data_to_send(), 0.0)
    assert client.failure == why
    assert bool(server.failure) == bool(why)  # an alert came
