"""What may be asked of an allocation, and by whom: RFC 8656 sections 5, 8.2, 9, 10.2, 12.2."""

from __future__ import annotations

import pytest
from turn_desk import PEER, SECRET, UDP, Client, Desk, code_of, end

from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    LIFETIME,
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    NONCE,
    PASSWORD_ALGORITHMS,
    REALM,
    REQUESTED_ADDRESS_FAMILY,
    SOFTWARE,
    USERNAME,
    XOR_MAPPED_ADDRESS,
    XOR_PEER_ADDRESS,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.integrity import long_term_key, verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.values import Endpoint6
from catenet.nodes.application.turn.credentials import password_of

PEER6 = Endpoint6(bytes.fromhex("20010db8000000000000000000000001"), 7000)
OTHER = end("10.0.2.8:7000")


def allocated(desk: Desk | None = None, address: str = "10.0.1.2:4000", user: str = "alice") -> Client:
    client = (desk or Desk()).client(address, user)
    client.allocate()
    return client


# Section 5


@pytest.mark.parametrize("method", [Method.REFRESH, Method.CREATE_PERMISSION, Method.CHANNEL_BIND])
def test_without_an_allocation_a_request_gives_437(method: Method) -> None:
    """Section 5; coturn PR 2067: a ChannelBind without one was answered otherwise."""
    assert Desk().client().code(method) == 437


def test_without_an_allocation_an_indication_or_channel_data_is_silently_ignored() -> None:
    desk = Desk()
    client = desk.client()
    assert client.send(PEER, b"x") == []
    assert client.say(b"\x40\x00\x00\x01x") == []
    assert desk.counters["no_allocation"] == 2


@pytest.mark.parametrize("method", [Method.REFRESH, Method.CREATE_PERMISSION, Method.CHANNEL_BIND])
def test_another_username_on_the_same_5_tuple_gives_441(method: Method) -> None:
    desk = Desk()
    client = allocated(desk)
    assert desk.client("10.0.1.2:4000", user="mallory").code(method, LIFETIME.of(0)) == 441
    assert client.code(Method.REFRESH) == 0


def test_another_expiry_of_the_same_user_is_another_username() -> None:
    desk = Desk()
    allocated(desk)
    assert desk.client("10.0.1.2:4000", expires=9999.0).code(Method.REFRESH) == 441


def test_another_5_tuple_has_no_allocation() -> None:
    """Its client's port, and the server's address, are parts of it (section 6)."""
    desk = Desk()
    allocated(desk)
    assert desk.client("10.0.1.2:4001").code(Method.REFRESH) == 437
    assert desk.client("10.0.1.3:4000").code(Method.REFRESH) == 437


def test_a_request_is_refused_whose_integrity_is_wrong() -> None:
    """RFC 8489 section 9.2.4; the answer is not signed."""
    desk = Desk()
    client = allocated(desk)
    other = desk.client("10.0.1.2:4000")
    other.login = Login(client.username, "guessed")
    response = other.ask(Method.REFRESH, LIFETIME.of(0))
    assert code_of(response) == 401
    assert response.has(REALM, NONCE, PASSWORD_ALGORITHMS)
    assert client.code(Method.REFRESH) == 0


def test_a_nonce_grows_stale_and_the_allocation_goes_on() -> None:
    """pion PR 481: a 438 came at ChannelBind and was not understood."""
    desk = Desk(nonce=100.0)
    client = allocated(desk)
    desk.wait(101)
    request = client.request(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(0x4000), XOR_PEER_ADDRESS.of(PEER))
    complete, signing = client.login.sign(request)
    assert signing is not None
    (answer,) = client.say(signing.encode(complete))
    assert code_of(Message.parse(answer.data)) == 438
    assert client.bind(0x4000, PEER) == 0


def test_a_client_that_knows_md5_alone_is_answered_in_kind() -> None:
    """RFC 8489 section 9.2.4: "the MESSAGE-INTEGRITY attribute MUST be used instead" where it was processed as MD5,
    errors too."""
    desk = Desk()
    client = desk.client()
    (challenge,) = client.say(client.request(Method.ALLOCATE, UDP).encode())
    nonce = Message.parse(challenge.data).get(NONCE)
    assert nonce is not None
    key = long_term_key(client.username, "lab", _password(client))
    shown = USERNAME.of(client.username), REALM.of("lab"), NONCE.of(nonce)
    for method, attributes, code in ((Method.ALLOCATE, (UDP,), 0), (Method.CREATE_PERMISSION, (), 400)):
        (answer,) = client.say(client.request(method, *attributes, *shown).encode(key))
        response = Message.parse(answer.data)
        assert code_of(response) == code
        assert response.has(MESSAGE_INTEGRITY)
        assert not response.has(MESSAGE_INTEGRITY_SHA256, REALM, NONCE, USERNAME)
        assert verify(answer.data, key)


def test_a_nonce_is_good_from_one_address_and_port() -> None:
    """RFC 8489 section 9.2.4: "MUST NOT choose the same NONCE for two requests unless they have the same source"."""
    desk = Desk()
    client = allocated(desk)
    complete, signing = client.login.sign(client.request(Method.ALLOCATE, UDP))
    assert signing is not None
    (answer,) = desk.hear(signing.encode(complete), end("10.0.1.2:4001"))
    assert code_of(Message.parse(answer.data)) == 438


def test_a_credential_is_over_at_its_time_and_its_allocation_goes_on() -> None:
    """turn-rs #108: the time was never looked at."""
    desk = Desk()
    client = desk.client(expires=100.0)
    client.allocate()
    desk.wait(161)
    assert client.code(Method.REFRESH) == 0
    late = desk.client("10.0.1.2:4001")
    late.login = Login(client.username, _password(client))
    assert late.code(Method.ALLOCATE, UDP) == 401


def _password(client: Client) -> str:
    return password_of(client.username, SECRET.encode())


@pytest.mark.parametrize("username", ["alice", "x:alice", ":alice", "1893459600:", "1893459600", "-1:alice"])
def test_a_username_without_its_time_is_nobodys(username: str) -> None:
    desk = Desk()
    client = desk.client()
    client.username = username
    client.login = Login(username, _password(client))
    assert client.code(Method.ALLOCATE, UDP) == 401


def test_a_binding_request_needs_no_credentials() -> None:
    client = Desk().client()
    (answer,) = client.say(client.request(Method.BINDING).encode())
    response = Message.parse(answer.data)
    assert (response.kind, response.get(XOR_MAPPED_ADDRESS)) == (Kind.SUCCESS, client.here)


# Section 8.2


@pytest.mark.parametrize(("asked", "given"), [(None, 600), (0, 0), (1, 600), (1000, 1000), (10**6, 3600)])
def test_refresh_says_the_lifetime(asked: int | None, given: int) -> None:
    response = allocated().ask(Method.REFRESH, *(() if asked is None else (LIFETIME.of(asked),)))
    assert (response.kind, response.get(LIFETIME)) == (Kind.SUCCESS, given)
    assert response.has(SOFTWARE)


def test_refresh_sets_the_time_to_expiry() -> None:
    client = allocated()
    client.desk.wait(500)
    client.code(Method.REFRESH, LIFETIME.of(1000))
    client.desk.wait(999)
    assert client.code(Method.REFRESH) == 0
    client.desk.wait(601)
    assert client.code(Method.REFRESH) == 437


def test_refresh_with_lifetime_0_deletes_and_again_gives_437() -> None:
    """ "the client will treat this as equivalent to a success response"."""
    client = allocated()
    assert client.code(Method.REFRESH, LIFETIME.of(0)) == 0
    assert client.desk.relay_ports == []
    assert client.code(Method.REFRESH, LIFETIME.of(0)) == 437
    client.allocate()


def test_refresh_of_another_family_gives_443() -> None:
    client = allocated()
    assert client.code(Method.REFRESH, REQUESTED_ADDRESS_FAMILY.of(2)) == 443
    assert client.code(Method.REFRESH, REQUESTED_ADDRESS_FAMILY.of(1)) == 0


# Sections 9 and 10.2


def test_create_permission_needs_a_peer() -> None:
    assert allocated().permit() == 400


def test_a_permission_has_an_address_and_no_port() -> None:
    client = allocated()
    assert client.permit(end("10.0.2.7:1")) == 0
    assert len(client.hears(end("10.0.2.7:9999"), b"x")) == 1
    assert client.hears(OTHER, b"x") == []


def test_a_permission_lasts_300_s() -> None:
    client = allocated()
    client.permit(PEER)
    client.desk.wait(299)
    assert client.hears(PEER, b"x")
    client.desk.wait(2)
    assert client.hears(PEER, b"x") == []
    assert client.desk.counters["no_permission"] == 1


def test_a_permission_is_refreshed_by_either_request() -> None:
    client = allocated()
    client.permit(PEER)
    client.desk.wait(200)
    client.bind(0x4000, PEER)
    client.desk.wait(200)
    client.permit(PEER)
    client.desk.wait(150)
    assert client.hears(PEER, b"x")


def test_several_permissions_are_made_by_one_request() -> None:
    client = allocated()
    assert client.permit(PEER, OTHER) == 0
    assert client.hears(PEER, b"x")
    assert client.hears(OTHER, b"x")


@pytest.mark.parametrize("bad", ["127.0.0.1", "10.1.0.1", "10.0.255.255", "0.0.0.0", "224.0.0.5", "255.255.255.255"])
def test_of_several_permissions_one_bad_one_makes_none(bad: str) -> None:
    client = allocated()
    assert client.permit(PEER, end(f"{bad}:9")) == 403
    assert client.hears(PEER, b"x") == []


def test_a_peer_of_another_family_gives_443() -> None:
    client = allocated()
    assert client.code(Method.CREATE_PERMISSION, XOR_PEER_ADDRESS.of(PEER), XOR_PEER_ADDRESS.of(PEER6)) == 443
    assert client.hears(PEER, b"x") == []
    assert client.code(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(0x4000), XOR_PEER_ADDRESS.of(PEER6)) == 443


def test_permissions_are_bounded_and_those_that_are_over_count_no_more() -> None:
    client = allocated(Desk(permissions=2))
    assert client.permit(PEER, OTHER) == 0
    assert client.permit(PEER) == 0
    assert client.permit(end("10.0.2.9:1")) == 508
    client.desk.wait(301)
    assert client.permit(end("10.0.2.9:1")) == 0


def test_permissions_of_one_allocation_are_none_of_another() -> None:
    desk = Desk()
    first, second = allocated(desk), allocated(desk, "10.0.1.3:4000", "bob")
    first.permit(PEER)
    assert first.hears(PEER, b"x")
    assert second.hears(PEER, b"x") == []


def test_permissions_end_with_their_allocation() -> None:
    client = allocated()
    client.permit(PEER)
    client.bind(0x4000, PEER)
    client.code(Method.REFRESH, LIFETIME.of(0))
    client.allocate()
    assert client.hears(PEER, b"x") == []
    assert client.say(b"\x40\x00\x00\x01x") == []


# Section 12.2


@pytest.mark.parametrize(
    ("number", "code"), [(0x3FFF, 400), (0x4000, 0), (0x4FFF, 0), (0x5000, 400), (0x7FFF, 400), (0xFFFF, 400)]
)
def test_channel_numbers_are_from_4000_to_4fff(number: int, code: int) -> None:
    assert allocated().bind(number, PEER) == code


def test_an_older_clients_channel_numbers_may_be_allowed() -> None:
    """RFC 5766 section 11: 0x4000 to 0x7FFF."""
    client = allocated(Desk(channels="rfc5766"))
    assert client.bind(0x7FFF, PEER) == 0
    assert client.bind(0x8000, OTHER) == 400
    assert client.hears(PEER, b"x") == [b"\x7f\xff\x00\x01x"]


def test_channel_bind_needs_both_attributes() -> None:
    client = allocated()
    assert client.code(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(0x4000)) == 400
    assert client.code(Method.CHANNEL_BIND, XOR_PEER_ADDRESS.of(PEER)) == 400


def test_a_channel_has_one_peer_and_a_peer_one_channel() -> None:
    """aioice #46: it had bound one peer to two channels."""
    client = allocated()
    assert client.bind(0x4000, PEER) == 0
    assert client.bind(0x4000, OTHER) == 400
    assert client.bind(0x4001, PEER) == 400
    assert client.bind(0x4000, PEER) == 0
    assert client.bind(0x4001, end("10.0.2.7:7001")) == 0


def test_a_channel_lasts_600_s_and_is_refreshed() -> None:
    client = allocated()
    client.code(Method.REFRESH, LIFETIME.of(3600))
    client.bind(0x4000, PEER)
    for _ in range(4):
        client.desk.wait(295)
        client.permit(PEER)
    assert client.say(b"\x40\x00\x00\x01x") == []
    client.bind(0x4000, PEER)
    assert [each.data for each in client.say(b"\x40\x00\x00\x01x")] == [b"x"]


@pytest.mark.parametrize(("seconds", "code"), [(899, 400), (901, 0)])
def test_neither_end_of_a_channel_is_another_s_for_300_s_after_it_is_over(seconds: float, code: int) -> None:
    """Section 12: "the client MUST wait 5 minutes after the channel binding expires"."""
    client = allocated()
    client.code(Method.REFRESH, LIFETIME.of(3600))
    client.bind(0x4000, PEER)
    client.desk.wait(seconds)
    assert client.bind(0x4000, OTHER) == code
    assert client.bind(0x4001, PEER) == code


def test_channels_are_bounded() -> None:
    client = allocated(Desk(channels_each=1))
    assert client.bind(0x4000, PEER) == 0
    assert client.bind(0x4001, OTHER) == 508
    assert client.bind(0x4000, PEER) == 0


def test_a_channel_that_finds_no_room_for_its_permission_is_not_bound() -> None:
    client = allocated(Desk(permissions=1))
    client.permit(OTHER)
    assert client.bind(0x4000, PEER) == 508
    client.desk.wait(301)
    assert client.bind(0x4001, PEER) == 0


def test_channels_of_one_allocation_are_none_of_another() -> None:
    desk = Desk()
    first, second = allocated(desk), allocated(desk, "10.0.1.3:4000", "bob")
    assert first.bind(0x4000, PEER) == 0
    assert second.bind(0x4000, OTHER) == 0
    assert second.bind(0x4001, PEER) == 0
