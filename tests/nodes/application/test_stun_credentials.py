"""Who sent a message: the server's checks in their order, and the client's side (RFC 8489 section 9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import (
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    NONCE,
    PASSWORD_ALGORITHM,
    PASSWORD_ALGORITHMS,
    REALM,
    USERHASH,
    USERNAME,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login, Realm, Refusal, Signing, short_term
from catenet.nodes.application.stun.integrity import long_term_key, userhash, verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.nonce import Nonces
from catenet.nodes.application.stun.values import Algorithm, PasswordAlgorithm
from catenet.nodes.machine import Endpoint

ALICE = Endpoint(Address.parse("192.0.2.1"), 40_000)
NONCES = Nonces(b"secret of 16 or more", lifetime=600.0)
REALM_OF = Realm("lab", NONCES, {"alice": "secret"}.get)
BOTH = (PasswordAlgorithm(Algorithm.SHA_256), PasswordAlgorithm(Algorithm.MD5))
MD5_KEY = long_term_key("alice", "lab", "secret")
SHA_KEY = long_term_key("alice", "lab", "secret", Algorithm.SHA_256)
NONCE_NOW = NONCE.of(NONCES.make(ALICE, 0.0))


def request(*attributes: Attribute, key: bytes | None = None, sha256: bool = False) -> Message:
    """An Allocate request as the server reads it."""
    return Message.parse(Message(Method.ALLOCATE, Kind.REQUEST, bytes(12), attributes).encode(key, sha256=sha256))


def check(
    *attributes: Attribute, key: bytes | None = MD5_KEY, sha256: bool = False, now: float = 0.0
) -> Signing | Refusal:
    return REALM_OF.check(request(*attributes, key=key, sha256=sha256), ALICE, now)


def is_challenge(refusal: Signing | Refusal, code: int, now: float = 0.0) -> bool:
    """Whether it has what a 401 and a 438 must have: a nonce that is new, the realm, the algorithms; and no more."""
    assert isinstance(refusal, Refusal)
    response = refusal.response(request())
    kinds = [each.type for each in response.attributes[1:]]
    nonce = response.get(NONCE)
    return (
        refusal.code == code
        and kinds == [REALM.number, NONCE.number, PASSWORD_ALGORITHMS.number]
        and response.get(REALM) == "lab"
        and nonce is not None
        and NONCES.holds(nonce, ALICE, now + 599.0)
        and response.get(PASSWORD_ALGORITHMS) == BOTH
    )


NAME, LAB = USERNAME.of("alice"), REALM.of("lab")
CHOSEN = (PASSWORD_ALGORITHMS.of(BOTH), PASSWORD_ALGORITHM.of(BOTH[0]))


# 9.1.3


def test_9_1_3_a_short_term_user_is_known() -> None:
    passwords = {"a:b": "VOkJxbRl1RmTxUk/WvJxBt"}.get
    key = b"VOkJxbRl1RmTxUk/WvJxBt"
    assert short_term(request(USERNAME.of("a:b"), key=key), passwords) == Signing("a:b", key, False)
    assert short_term(request(USERNAME.of("a:b"), key=key, sha256=True), passwords) == Signing("a:b", key, True)
    # in their order: no username or integrity, no such user, another password
    assert short_term(request(key=key), passwords) == Refusal(400)
    assert short_term(request(USERNAME.of("a:b")), passwords) == Refusal(400)
    assert short_term(request(USERNAME.of("a:c"), key=key), passwords) == Refusal(401)
    assert short_term(request(USERNAME.of("a:b"), key=b"x"), passwords) == Refusal(401)


def test_9_1_3_the_response_is_signed_as_the_request_was() -> None:
    """ "only one of these attributes can appear in a response"; it "MUST NOT contain the USERNAME attribute"."""
    for sha256, wanted in ((False, MESSAGE_INTEGRITY), (True, MESSAGE_INTEGRITY_SHA256)):
        asked = request(USERNAME.of("a"), key=b"key", sha256=sha256)
        signing = short_term(asked, {"a": "key"}.get)
        assert isinstance(signing, Signing)
        response = Message.parse(signing.encode(asked.success()))
        assert [each.type for each in response.attributes] == [wanted.number]
        assert verify(response.data, b"key")


# 9.2.4, in the order specified


def test_9_2_4_no_integrity_is_401_with_a_challenge() -> None:
    assert is_challenge(check(key=None), 401)
    assert is_challenge(check(NAME, LAB, NONCE_NOW, key=None), 401)


@pytest.mark.parametrize("left_out", [NAME, LAB, NONCE_NOW], ids=["USERNAME", "REALM", "NONCE"])
def test_9_2_4_what_is_missing_is_400_without_a_challenge(left_out: Attribute) -> None:
    """ "This response SHOULD NOT include a USERNAME, USERHASH, NONCE, or REALM attribute"."""
    assert check(*(each for each in (NAME, LAB, NONCE_NOW) if each is not left_out)) == Refusal(400)


def test_9_2_4_without_password_algorithm_it_is_md5() -> None:
    """ "If the request contains neither […] then the request is processed as though PASSWORD-ALGORITHM were MD5"; "In
    that case, the MESSAGE-INTEGRITY attribute MUST be used" in the response, however the request is signed."""
    assert check(NAME, LAB, NONCE_NOW) == Signing("alice", MD5_KEY, False, True)
    assert check(NAME, LAB, NONCE_NOW, sha256=True) == Signing("alice", MD5_KEY, False, True)
    assert is_challenge(check(NAME, LAB, NONCE_NOW, key=SHA_KEY), 401)


def test_9_2_4_with_password_algorithm_the_response_is_signed_by_sha_256() -> None:
    assert check(NAME, LAB, NONCE_NOW, *CHOSEN, key=SHA_KEY, sha256=True) == Signing("alice", SHA_KEY, True, True)
    md5 = (CHOSEN[0], PASSWORD_ALGORITHM.of(BOTH[1]))
    assert check(NAME, LAB, NONCE_NOW, *md5, sha256=True) == Signing("alice", MD5_KEY, True, True)


@pytest.mark.parametrize(
    "asked",
    [
        CHOSEN[:1],
        CHOSEN[1:],
        (PASSWORD_ALGORITHMS.of(BOTH[1:]), PASSWORD_ALGORITHM.of(BOTH[1])),  # SHA-256 taken out on the way
        (PASSWORD_ALGORITHMS.of(BOTH[::-1]), CHOSEN[1]),
        (CHOSEN[0], PASSWORD_ALGORITHM.of(PasswordAlgorithm(3))),
        (CHOSEN[0], PASSWORD_ALGORITHM.of(PasswordAlgorithm(2, b"x"))),
    ],
)
def test_9_2_4_algorithms_that_were_not_offered_are_400(asked: tuple[Attribute, ...]) -> None:
    """ "unless (1) PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS are both present, (2) PASSWORD-ALGORITHMS matches the
    value sent in the response that sent this NONCE, and (3) PASSWORD-ALGORITHM matches one of the entries"."""
    assert check(NAME, LAB, NONCE_NOW, *asked, key=SHA_KEY, sha256=True) == Refusal(400)


def test_9_2_4_another_user_and_another_password_are_401() -> None:
    assert is_challenge(check(USERNAME.of("bob"), LAB, NONCE_NOW), 401)
    assert is_challenge(check(USERHASH.of(userhash("alice", "lab")), LAB, NONCE_NOW), 401)  # it was not offered
    assert is_challenge(check(NAME, LAB, NONCE_NOW, key=b"x"), 401)
    other = long_term_key("alice", "elsewhere", "secret")
    assert is_challenge(check(NAME, REALM.of("elsewhere"), NONCE_NOW, key=other), 401)


def test_9_2_4_a_stale_nonce_is_438_only_after_all_else() -> None:
    """Else it would be told to who has no password, too."""
    assert isinstance(check(NAME, LAB, NONCE_NOW, now=599.0), Signing)
    assert is_challenge(check(NAME, LAB, NONCE_NOW, now=600.0), 438, 600.0)
    assert check(NAME, LAB, NONCE_NOW, CHOSEN[0], now=600.0) == Refusal(400)
    refusal = check(NAME, LAB, NONCE_NOW, key=b"x", now=600.0)
    assert isinstance(refusal, Refusal)
    assert refusal.code == 401


def test_9_2_4_anothers_nonce_is_stale() -> None:
    bob = Endpoint(ALICE.address, 40_001)
    assert is_challenge(check(NAME, LAB, NONCE.of(NONCES.make(bob, 0.0))), 438)
    assert is_challenge(check(NAME, LAB, NONCE.of(b"")), 438)


# 9.2.3 and 9.2.5: the client, against the server above and against others.


def ask(login: Login, now: float, realm: Realm = REALM_OF) -> list[int]:
    """One request, again as often as the client may; the codes on the way, 0 at the end where it is accepted."""
    codes: list[int] = []
    while len(codes) < 20:
        complete, signing = login.sign(Message(Method.REFRESH, Kind.REQUEST, bytes(12)))
        data = signing.encode(complete) if signing else complete.encode()
        result = realm.check(Message.parse(data), ALICE, now)
        if isinstance(result, Signing):
            login.accepted()
            assert signing == result
            return [*codes, 0]
        codes.append(result.code)
        if not login.challenged(complete, Message.parse(result.response(complete).encode())):
            break
    return codes


def test_9_2_3_a_client_is_challenged_once_then_known() -> None:
    """ "the first request is sent as if there were no authentication"; later ones have all that was told."""
    login = Login("alice", "secret")
    assert ask(login, 0.0) == [401, 0]
    assert ask(login, 10.0) == [0]
    assert ask(login, 601.0) == [438, 0]
    complete, _ = login.sign(Message(Method.REFRESH, Kind.REQUEST, bytes(12)))
    wanted = [USERNAME, REALM, NONCE, PASSWORD_ALGORITHMS, PASSWORD_ALGORITHM]
    assert [each.type for each in complete.attributes] == [each.number for each in wanted]
    assert complete.get(PASSWORD_ALGORITHM) == BOTH[0]  # "the first algorithm supported on the list"


def test_9_2_5_a_wrong_password_is_not_tried_again() -> None:
    """ "The client MUST NOT perform this retry if it is not changing the USERNAME, USERHASH, REALM, or its associated
    password from the previous attempt"."""
    assert ask(Login("alice", "wrong"), 0.0) == [401, 401]
    assert ask(Login("bob", "secret"), 0.0) == [401, 401]


def test_a_server_to_which_every_nonce_is_stale_is_not_asked_for_ever() -> None:
    always = Realm("lab", Nonces(b"secret of 16 or more", lifetime=0.0), {"alice": "secret"}.get)
    assert ask(Login("alice", "secret"), 0.0, always) == [401, 438, 438, 438, 438]


def test_many_requests_that_meet_the_end_of_a_nonce_all_go_on() -> None:
    """Each of them is told 438 for the same old nonce; that is no server that calls its new nonce stale."""
    login = Login("alice", "secret")
    assert ask(login, 0.0) == [401, 0]
    complete, signing = login.sign(Message(Method.REFRESH, Kind.REQUEST, bytes(12)))
    assert signing is not None
    for _ in range(8):
        refusal = REALM_OF.check(Message.parse(signing.encode(complete)), ALICE, 601.0)
        assert isinstance(refusal, Refusal)
        assert login.challenged(complete, Message.parse(refusal.response(complete).encode()))
    assert ask(login, 601.0) == [0]


def challenge(code: int, nonce: bytes, *more: Attribute, realm: str = "lab") -> Message:
    asked = Message(Method.REFRESH, Kind.REQUEST, bytes(12))
    return Message.parse(asked.error(code, REALM.of(realm), NONCE.of(nonce), *more).encode())


def retries(response: Message) -> tuple[Message, Signing] | None:
    """What a client sends after that; None: nothing."""
    login = Login("alice", "secret")
    first = Message(Method.REFRESH, Kind.REQUEST, bytes(12))
    if not login.challenged(first, response):
        assert login.sign(first) == (first, None)
        return None
    complete, signing = login.sign(first)
    assert signing is not None
    return complete, signing


@pytest.mark.parametrize("code", [401, 438])
def test_9_2_5_a_bid_down_is_seen(code: int) -> None:
    """ "If […] the "nonce cookie" has the STUN Security Feature "Password algorithms" bit set to 1 but no
    PASSWORD-ALGORITHMS attribute is present, then the client MUST NOT retry the request"."""
    assert retries(challenge(code, b"obMatJos2gAAAx")) is None
    assert retries(challenge(code, b"obMatJos2AAAAx")) is not None


def test_9_2_5_an_older_server_gets_md5() -> None:
    """One of RFC 5389 has no cookie and no algorithms."""
    sent = retries(challenge(401, b"f//499k954d6OL34oL9FSTvy64sA"))
    assert sent is not None
    complete, signing = sent
    assert [each.type for each in complete.attributes] == [USERNAME.number, REALM.number, NONCE.number]
    assert signing == Signing("alice", MD5_KEY, False, True)


def test_9_2_5_the_first_algorithm_that_is_known() -> None:
    unknown = PasswordAlgorithm(9, b"abc")
    sent = retries(challenge(401, b"obMatJos2gAAAx", PASSWORD_ALGORITHMS.of((unknown, BOTH[1], BOTH[0]))))
    assert sent is not None
    complete, signing = sent
    assert complete.get(PASSWORD_ALGORITHMS) == (unknown, BOTH[1], BOTH[0])  # "with the same content"
    assert complete.get(PASSWORD_ALGORITHM) == BOTH[1]
    assert signing == Signing("alice", MD5_KEY, True, True)


@pytest.mark.parametrize("offered", [(), (PasswordAlgorithm(9),), (PasswordAlgorithm(2, b"x"),)])
def test_9_2_5_no_algorithm_that_is_known(offered: tuple[PasswordAlgorithm, ...]) -> None:
    assert retries(challenge(401, b"obMatJos2gAAAx", PASSWORD_ALGORITHMS.of(offered))) is None


def test_9_2_5_username_anonymity() -> None:
    """ "If the "nonce cookie" is present and has the […] "Username anonymity" bit set to 1, then the USERHASH attribute
    MUST be used; else, the USERNAME attribute MUST be used"."""
    sent = retries(challenge(401, b"obMatJos2wAAAx", PASSWORD_ALGORITHMS.of(BOTH)))
    assert sent is not None
    assert sent[0].get(USERHASH) == userhash("alice", "lab")
    assert not sent[0].has(USERNAME)


@pytest.mark.parametrize("realm", ["", "\0", '""', "a\tb", "\u00e9" * 300])
def test_a_realm_that_can_be_neither_hashed_nor_sent_back_is_the_end(realm: str) -> None:
    data = realm.encode()
    whole = b"\0\x14" + len(data).to_bytes(2, "big") + data + bytes(-len(data) % 4)
    head = challenge(401, b"plain").encode()
    body = Message.parse(head).error(401, NONCE.of(b"plain")).encode()[20:] + whole
    response = Message.parse(head[:2] + len(body).to_bytes(2, "big") + head[4:20] + body)
    assert response.get(REALM) == realm
    assert retries(response) is None


@pytest.mark.parametrize("code", [400, 403, 437, 500])
def test_other_errors_are_no_challenge(code: int) -> None:
    assert retries(challenge(code, b"plain")) is None


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_client_and_server_agree_on_any_account(username: str, password: str, realm: str) -> None:
    try:
        login = Login(username, password)
        long_term_key(username, realm, password)
    except ValueError:
        return
    server = Realm(realm, NONCES, lambda asked: password)
    assert ask(login, 0.0, server) == [401, 0]
