"""Handlers that want the content of requests: it comes as they ask for it, and little of it is held."""

from __future__ import annotations

import pytest
from http_handlers import MEGABYTES, Eager, Later, Peer, put
from http_site import IDLE, get, read_responses, status_of
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.fields import LocalError


class TestContent:
    def test_some_megabytes_pass_and_little_is_held(self) -> None:
        peer = Peer(Eager()).send(put(MEGABYTES))
        most = 0
        for start in range(0, MEGABYTES, 60_000):
            peer.send(bytes(min(60_000, MEGABYTES - start)))
            most = max(most, peer.stream.connection.held)
        assert most == 0
        ((_, body),) = read_responses(peer.received, "PUT")
        assert body == str(MEGABYTES).encode()

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_handler_that_reads_later_holds_the_peer_back(self, *, chunked: bool) -> None:
        """Who looks after the stream leaves the rest outside while `wants_data` is false."""
        content = bytes(MEGABYTES)
        head = get("/up", "Transfer-Encoding: chunked", method="PUT") if chunked else put(MEGABYTES)
        coded = b"".join(b"2710\r\n%b\r\n" % content[:10_000] for _ in range(MEGABYTES // 10_000)) + b"0\r\n\r\n"
        waiting = head + (coded if chunked else content)
        peer, most = Peer(Later()), 0
        while b"" not in peer.handler.pieces:
            while waiting and peer.stream.wants_data:
                peer.send(waiting[:32_768])
                waiting = waiting[32_768:]
                most = max(most, peer.stream.connection.held)
            pieces = len(peer.handler.pieces)
            peer.handler.asked[0].read()
            assert len(peer.handler.pieces) == pieces + 1  # one for each time that it asks
        assert most < 65_536 + 32_768
        assert max(map(len, peer.handler.pieces)) <= 65_536
        assert b"".join(peer.handler.pieces) == content
        with pytest.raises(LocalError, match="its content has ended"):
            peer.handler.asked[0].read()

    def test_9110_10_1_1_who_waits_for_a_word_gets_it_when_the_content_is_wanted(self) -> None:
        peer = Peer(Later()).send(put(5, "Expect: 100-continue"))
        assert peer.received == b""
        peer.handler.asked[0].read()
        assert (peer.received, peer.flushes) == (b"HTTP/1.1 100 Continue\r\n\r\n", 1)
        peer.send(b"12")
        peer.handler.asked[0].read()
        peer.send(b"345")
        assert peer.received == b"HTTP/1.1 100 Continue\r\n\r\n"  # once
        peer.handler.asked[0].read()
        assert peer.handler.pieces == [b"12", b"345", b""]
        peer.handler.asked[0].respond(201, (), b"")
        peer.send(get())
        assert len(peer.handler.asked) == 2  # the connection stays

    def test_who_waits_for_a_word_and_gets_an_answer_is_not_read_any_more(self) -> None:
        peer = Peer(Later()).send(put(5, "Expect: 100-continue"))
        peer.handler.asked[0].respond(401, ())
        assert status_of(peer.received) == 401
        assert b"\r\nConnection: close\r\n" in peer.received
        peer.send(b"12345" + get())
        assert len(peer.handler.asked) == 1
        peer.wake(100.0)
        peer.wake(102.0)
        assert peer.stream.finished

    def test_an_answer_before_the_content_leaves_the_connection_open(self) -> None:
        peer = Peer(Later()).send(put(200_000))
        peer.handler.asked[0].respond(403, ())
        peer.send(bytes(200_000) + get("/next"))
        assert [exchange.request.target for exchange in peer.handler.asked] == ["/up", "/next"]
        assert (peer.handler.pieces, peer.stream.connection.held) == ([], 0)

    @pytest.mark.parametrize(
        ("rest", "status"),
        [(b"3\r\nabcX\r\n", 400), (b"7\r\n", 413), (b"3\r\nabc\r\n0\r\nX\r\n\r\n", 400)],
    )
    def test_a_content_that_is_none_is_refused_and_its_handler_told(self, rest: bytes, status: int) -> None:
        peer = Peer(Eager(), limit=6).send(get("/up", "Transfer-Encoding: chunked", method="PUT") + rest)
        assert status_of(peer.received) == status
        assert peer.handler.lost == peer.handler.asked
        assert peer.counters == {"refused": 1}

    def test_a_connection_that_ends_within_it(self) -> None:
        peer = Peer(Eager()).send(put(5) + b"12")
        peer.stream.receive_eof(0.0)
        assert (peer.received, peer.stream.finished) == (b"", True)
        assert peer.handler.lost == peer.handler.asked

    def test_a_content_that_trickles_is_too_late(self) -> None:
        peer, now = Peer(Eager()).send(put(1000)), 0.0
        while not peer.received and now < 100:
            now += 1.0
            peer.wake(now)
            peer.send(b"x", now)
        assert (status_of(peer.received), now) == (408, IDLE)
        assert peer.handler.lost == peer.handler.asked

    def test_a_long_content_has_the_time_it_needs(self) -> None:
        peer, now = Peer(Eager()).send(put(MEGABYTES)), 0.0
        for start in range(0, MEGABYTES, 50_000):
            now += IDLE / 3
            peer.wake(now)
            peer.send(bytes(min(50_000, MEGABYTES - start)), now)
        assert status_of(peer.received) == 200
        assert now > 10 * IDLE


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 200_000), st.sampled_from(["length", "chunks"]), st.booleans()), max_size=4),
    st.integers(1000, 100_000),
    st.randoms(use_true_random=False),
)
def test_whoever_is_slow_the_answers_are_right_and_in_order(
    requests: list[tuple[int, str, bool]], step: int, choose: object
) -> None:
    """Requests with contents of any size, whose handler reads and answers now or later, and nothing piles up."""
    assert hasattr(choose, "random")
    data = b""
    for number, (size, how, _) in enumerate(requests):
        content = bytes(size)
        if how == "length":
            data += get(f"/{number}", f"Content-Length: {size}", method="POST") + content
        else:
            coded = b"%x\r\n%b\r\n" % (size, content) if size else b""
            data += get(f"/{number}", "Transfer-Encoding: chunked", method="POST") + coded + b"0\r\n\r\n"
    peer = Peer(Later())
    handler, sizes = peer.handler, [0] * len(requests)
    answered = seen = 0
    while answered < len(requests):
        if data and peer.stream.wants_data:
            peer.send(data[:step])
            data = data[step:]
        for piece in handler.pieces[seen:]:
            sizes[answered] += len(piece)
            if not piece:
                handler.asked[answered].respond(200, (), b"%d" % sizes[answered])
                answered += 1
        seen = len(handler.pieces)
        if answered < len(handler.asked) and choose.random() < 0.5 and not handler.asked[answered].reads:
            handler.asked[answered].read()
        assert peer.stream.connection.held < 65_536 + step
    bodies = [body for _, body in read_responses(peer.received, *["POST"] * len(requests))]
    assert bodies == [b"%d" % size for size, _, _ in requests]
