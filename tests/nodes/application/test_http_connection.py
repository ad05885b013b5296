"""One connection of the server: what it answers, in any slicing, and how it ends."""

from __future__ import annotations

import pytest
from http_site import HELLO, IDLE, LONG, MODIFIED, Client, get, read_responses, status_of
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet import __version__
from catenet.nodes.application.http.response import Page

G5 = ("Date", "Server", "Last-Modified", "Content-Type", "Content-Length")


def test_a_page_with_the_headers_of_the_lecture() -> None:
    ((response, body),) = read_responses(Client().send(get()).received, "GET")
    assert (response.status, response.reason, body) == (200, "OK", HELLO)
    assert [response.headers[name] for name in G5] == [
        "Sun, 06 Nov 1994 09:49:37 GMT",
        f"Catenet/{__version__}",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "text/html; charset=utf-8",
        str(len(HELLO)),
    ]


@pytest.mark.parametrize("begun", [b"GET / HT", b"\x16\x03\x01", get(method="POST")[:-2]])
def test_a_connection_that_ends_within_a_request_is_counted(begun: bytes) -> None:
    client = Client().send(begun).eof()
    assert (client.received, client.connection.finished) == (b"", True)
    assert any(report.kind == "input.refused" for report in client.reports())


@pytest.mark.parametrize("path", ["/", "/empty", "/long", "/missing", "/folder", "/private/"])
def test_head_has_the_fields_of_get_and_no_content(path: str) -> None:  # RFC 9110 section 9.3.2
    ((with_body, body),) = read_responses(Client().send(get(path)).received, "GET")
    ((without, nothing),) = read_responses(Client().send(get(path, method="HEAD")).received, "HEAD")
    assert (without.status, without.getheaders()) == (with_body.status, with_body.getheaders())
    assert len(body) == int(with_body.headers["Content-Length"])
    assert nothing == b""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/missing"), 404),
        (get("/private/"), 403),
        (get("/folder"), 301),
        (get(method="POST"), 405),
        (get("/missing", method="DELETE"), 405),
        (get("*", method="OPTIONS"), 405),
        (get("dragon:80", method="CONNECT"), 405),
        (get(method="BREW"), 501),
        (get(method="get"), 501),  # a method is case-sensitive (RFC 9110 section 9.1)
        (get("/", "If-None-Match: *"), 304),
        (get("/", 'If-Match: "other"'), 412),
    ],
)
def test_statuses_after_which_the_connection_stays(request_: bytes, status: int) -> None:
    client = Client().send(request_)
    assert status_of(client.received) == status
    client.received = b""
    assert client.send(get()).received.endswith(HELLO)
    assert not client.connection.finished


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\n\n", 400),  # a browser that speaks TLS
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (get("/", "Content-Length: 99999999"), 413),
        (b"GET /" + b"a" * 9000, 414),
        (b"a" * 9000, 414),
        (get("/", "X: " + "a" * 17_000), 431),
        (get("/", "X: " + "a" * 17_000)[:-4], 431),
        (get("/", "Transfer-Encoding: gzip, chunked"), 501),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ],
)
def test_statuses_after_which_the_connection_ends(request_: bytes, status: int) -> None:
    client = Client().send(request_)
    assert status_of(client.received) == status
    assert b"\r\nConnection: close\r\n" in client.received
    # RFC 9112 section 9.6: not closed at once, or the peer that is still sending would lose the answer.
    assert not client.connection.finished
    before = client.received
    client.send(get() * 3)
    assert client.received == before
    client.pass_time(2.0)
    assert client.connection.finished
    assert client.counters["refused"] == 1


def test_the_peers_close_ends_the_wait() -> None:
    assert Client().send(b"nonsense\r\n\r\n").eof().connection.finished


def test_allow_comes_with_405() -> None:  # RFC 9110 section 15.5.6
    ((response, _),) = read_responses(Client().send(get(method="PUT")).received, "PUT")
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/folder", "/folder/"),
        ("//folder", "/folder/"),  # never //…, which would name another host
        ("/folder?a=b", "/folder/?a=b"),
        ("http://elsewhere/folder", "/folder/"),
    ],
)
def test_a_folder_leads_to_itself_with_a_slash(target: str, location: str) -> None:
    ((response, _),) = read_responses(Client().send(get(target)).received, "GET")
    assert (response.status, response.headers["Location"]) == (301, location)


def test_not_modified_has_validators_and_no_content() -> None:  # RFC 9110 section 15.4.5
    client = Client().send(get("/", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"))
    ((response, body),) = read_responses(client.received, "GET")
    assert (response.status, body) == (304, b"")
    assert response.headers["ETag"] == '"one"'
    assert response.headers["Date"] == "Sun, 06 Nov 1994 09:49:37 GMT"


class TestTheConnectionsFate:
    def test_http_1_1_stays(self) -> None:
        client = Client().send(get())
        assert not client.connection.finished
        assert b"Connection" not in client.received

    def test_close_is_obeyed_and_said(self) -> None:  # RFC 9112 section 9.6
        client = Client().send(get("/", "Connection: close") + get())
        assert client.received.count(b"HTTP/1.1 200") == 1
        assert b"\r\nConnection: close\r\n" in client.received
        assert client.connection.finished

    def test_http_1_0_ends(self) -> None:
        assert Client().send(b"GET / HTTP/1.0\r\n\r\n").connection.finished

    def test_http_1_0_stays_where_it_asks(self) -> None:  # section 9.3; the answer names our version (RFC 9110 2.5)
        client = Client().send(get("/", "Connection: keep-alive", version="1.0"))
        assert client.received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: keep-alive\r\n" in client.received
        assert not client.connection.finished

    def test_a_half_closed_peer_gets_its_answers(self) -> None:
        client = Client()
        client.connection.receive_data(get() * 3 + get("/long"), 0.0)
        client.connection.receive_eof(0.0)
        client.take()
        assert client.received.count(b"HTTP/1.1 200") == 4
        assert client.received.endswith(LONG)
        assert client.connection.finished

    def test_a_peer_that_goes_in_the_middle_of_a_request(self) -> None:
        client = Client().send(get()[:-1]).eof()
        assert (client.received, client.connection.finished) == (b"", True)


class TestTime:
    def test_a_silent_connection_is_closed_without_a_word(self) -> None:
        client = Client()
        client.pass_time(IDLE)
        assert (client.connection.finished, client.received) == (True, b"")

    def test_half_a_request_is_answered_with_408(self) -> None:  # RFC 9110 section 15.5.9
        client = Client().send(get()[:-1])
        client.pass_time(IDLE)
        assert status_of(client.received) == 408
        assert client.connection.finished

    def test_half_a_content_too(self) -> None:
        client = Client().send(get("/", "Content-Length: 5") + b"1234")
        client.pass_time(IDLE)
        assert status_of(client.received) == 408

    def test_bytes_that_trickle_do_not_move_the_deadline(self) -> None:
        client, now = Client(), 0.0
        for byte in get("/", "X: " + "a" * 40):
            client.pass_time(now)
            client.send(bytes([byte]), now=now)
            now += 0.3
        assert status_of(client.received) == 408

    def test_each_request_begins_a_new_wait_and_keeps_the_timer(self) -> None:
        client = Client()
        for now in (4.0, 8.0, 12.0, 16.0):
            client.pass_time(now)
            client.send(get(), now=now)
        assert client.received.count(b"HTTP/1.1 200") == 4
        client.pass_time(25.9)
        assert not client.connection.finished
        client.pass_time(26.0)
        assert client.connection.finished

    def test_a_peer_that_takes_nothing_is_given_up(self) -> None:
        client = Client()
        client.connection.receive_data(get("/long"), 0.0)
        assert client.connection.data_to_send()
        client.connection.wake(IDLE)
        assert client.connection.finished
        assert client.connection.data_to_send() == b""

    def test_a_peer_that_takes_slowly_is_not(self) -> None:
        client = Client()
        client.connection.receive_data(get("/long"), 0.0)
        now, taken = 0.0, b""
        while not taken.endswith(LONG):
            taken += client.connection.data_to_send()
            now += IDLE - 1
            client.connection.wake(now)
            assert not client.connection.finished
        assert len(taken) > len(LONG)


class TestMemory:
    def test_a_long_page_comes_in_pieces(self) -> None:
        client = Client().send(get("/long") + get())
        (_, long), (_, short) = read_responses(client.received, "GET", "GET")
        assert (long, short) == (LONG, HELLO)
        assert client.site.longest_read <= 65_536

    def test_a_page_that_shrinks_on_the_way_ends_the_connection(self) -> None:
        client = Client()
        client.site.left = 100_000
        client.send(get("/long") + get())
        assert client.received.endswith(LONG[65_536:100_000])
        assert client.connection.finished
        assert client.counters["cut short"] == 1

    def test_requests_wait_while_answers_are_not_taken(self) -> None:
        client = Client()
        client.connection.receive_data(get() * 5000, 0.0)
        largest = 0
        while data := client.connection.data_to_send():
            largest = max(largest, len(data))
            client.received += data
        assert client.received.count(b"HTTP/1.1 200") == 5000
        assert largest < 2 * 65_536

    def test_a_peer_that_only_sends_is_cut_off(self) -> None:
        client = Client()
        for _ in range(1000):
            client.connection.receive_data(get() * 100, 0.0)
        assert client.connection.finished
        assert client.counters["refused"] == 1

    def test_ten_thousand_different_heads_are_not_all_kept(self) -> None:
        client = Client()
        for number in range(3000):
            client.send(get(f"/{number}"))
        assert client.received.count(b"HTTP/1.1 404") == 3000
        assert len(client.server._heads) <= 1024


class TestReports:
    def test_a_request_and_its_answer(self) -> None:
        request, response = Client().send(get("/?a=b")).connection.take_reports()
        ends = {"source": "192.31.33.7:40000", "destination": "192.31.65.5:80"}
        assert request.kind == "http.request"
        assert request.data == {"method": "GET", "path": "/?a=b", "host": "dragon.cs.uiuc.edu", **ends}
        back = {"source": ends["destination"], "destination": ends["source"]}
        assert response.kind == "http.response"
        assert response.data == {"status": 200, "bytes": 13, "type": "text/html; charset=utf-8", **back}

    def test_a_reason_is_told_once_for_all_connections(self) -> None:
        first = Client()
        for _ in range(3):
            Client(first.server).send(b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n")
        again = Client(first.server)
        reports = again.send(b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n").reports()
        assert [report.kind for report in reports] == ["http.response"]
        assert first.counters["refused"] == 4

    def test_a_flood_is_counted_and_not_told(self) -> None:
        client = Client()
        client.telling = False
        client.send(get() * 1000).send(get("/none") * 1000)
        assert client.reports() == []
        assert client.server.statuses == {200: 1000, 404: 1000}


class TestEqualRequests:
    """What comes at one moment is answered alike, and the site is looked at once for all of it."""

    def test_the_site_is_looked_at_once_for_a_moment(self) -> None:
        client = Client()
        client.telling = False
        first = client.send(get()).received
        for _ in range(10):
            client.send(get())
        assert client.received == first * 11
        assert client.site.looks == 2  # once before the head was known
        assert client.server.statuses == {200: 11}
        client.site.pages = {"/": Page.of("text/plain", MODIFIED, '"two"', content=b"two")}
        client.send(get(), now=0.001)
        assert client.received.endswith(b"\r\n\r\ntwo")

    def test_another_connection_gets_the_same_at_that_moment(self) -> None:
        client = Client()
        client.telling = False
        other = Client(client.server)
        other.send(get()).send(get()).send(get())
        client.send(get())
        assert other.received == client.received * 3

    @pytest.mark.parametrize(
        "request_",
        [
            get(),
            get("/empty"),
            get("/long"),
            get("/folder"),
            get("/none"),
            get(method="HEAD"),
            get("/", "If-None-Match: *"),
            get("/", 'If-None-Match: "other"'),
            get("/", version="1.0"),
            get("/", "Connection: close"),
        ],
    )
    def test_it_is_the_answer_that_one_alone_gets(self, request_: bytes) -> None:
        told = Client()
        silent = Client(told.server)
        expected = Client().send(request_).received
        for _ in range(3):
            for telling in (True, False):
                told.telling = telling
                assert Client(told.server).send(request_).received == expected
        assert silent.send(request_).received == expected


REQUEST = st.one_of(
    st.sampled_from(
        [
            get(),
            get("/long", method="HEAD"),
            get("/missing", "Content-Length: 3") + b"abc",
            get("/", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
            get("/", "If-None-Match: *"),
            get("/empty", method="POST"),
            b"\r\n\r\n" + get("/folder"),
            b"GET / HTTP/1.0\n\n",
            get("/", "Expect: 100-continue", "Content-Length: 1"),
            get("/", "Content-Length: x"),
            b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
        ]
    ),
    st.binary(max_size=40),
)


@settings(max_examples=150)
@given(st.lists(REQUEST, max_size=6), st.integers(1, 50))
def test_slicing_changes_nothing(requests: list[bytes], piece: int) -> None:
    whole, sliced, bytewise = Client(), Client(), Client()
    whole.send(b"".join(requests))
    sliced.send(b"".join(requests), piece=piece)
    bytewise.send(b"".join(requests), piece=1)
    for client in (whole, sliced, bytewise):
        client.pass_time(100.0)
        assert client.connection.finished
    assert whole.received == sliced.received == bytewise.received


@settings(max_examples=200)
@given(st.lists(st.one_of(st.binary(max_size=200), REQUEST), max_size=8))
def test_hostile_bytes_end_in_answers_and_no_memory(pieces: list[bytes]) -> None:
    client = Client()
    for number, piece in enumerate(pieces):
        client.send(piece, now=float(number))
    client.pass_time(100.0)
    assert client.connection.finished
    assert not client.connection.connection.held
    assert client.received == b"" or client.received.startswith(b"HTTP/1.1 ")
