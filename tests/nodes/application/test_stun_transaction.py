"""A client's transaction: when it is sent, which response ends it how (RFC 8489 sections 6.2, 6.3, 9.1.4, 9.2.5)."""

from __future__ import annotations

import pytest

from catenet.nodes.application.stun.attributes import (
    ERROR_CODE,
    NONCE,
    PASSWORD_ALGORITHMS,
    REALM,
    Attribute,
)
from catenet.nodes.application.stun.binding import request
from catenet.nodes.application.stun.credentials import Signing
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.transaction import Failure, Outcome, Transaction
from catenet.nodes.application.stun.values import Error, PasswordAlgorithm

REQUEST = request(bytes(range(12)))
SHORT = Signing("a:b", b"key")
SHORT_256 = Signing("a:b", b"key", sha256=True)
LONG = Signing("alice", b"key", sha256=False, long_term=True)
LONG_256 = Signing("alice", b"key", sha256=True, long_term=True)


def sendings(transaction: Transaction) -> list[float]:
    """When it is sent, until it ends; the end last."""
    times: list[float] = []
    while (when := transaction.next_wake()) is not None:
        assert transaction.wake(when - 0.001) is None
        transaction.wake(when)
        times.append(when)
    return times


def read(message: Message, signing: Signing | None = None, *, fingerprint: bool = False) -> Message:
    encode = signing.encode if signing else Message.encode
    return Message.parse(encode(message, fingerprint=fingerprint))


def started(signing: Signing | None = None, *, reliable: bool = False, fingerprint: bool = False) -> Transaction:
    transaction = Transaction(REQUEST, signing, now=0.0, reliable=reliable, fingerprint=fingerprint)
    transaction.wake(0.0)
    return transaction


def test_6_2_1_the_example_of_retransmissions() -> None:
    """ "requests would be sent at times 0 ms, 500 ms, 1500 ms, 3500 ms, 7500 ms, 15500 ms, and 31500 ms. If the client
    has not received a response after 39500 ms, the client will consider the transaction to have timed out."."""
    transaction = Transaction(REQUEST, now=0.0)
    assert sendings(transaction) == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 39.5]
    assert transaction.outcome == Outcome(None, Failure.TIMEOUT)
    assert transaction.sent == 7


def test_6_2_1_rto_and_rc_can_be_set() -> None:
    assert sendings(Transaction(REQUEST, now=100.0, rto=0.05, rc=3)) == pytest.approx([100, 100.05, 100.15, 100.95])


def test_6_2_2_over_tcp_it_is_sent_once() -> None:
    """ "there are no retransmissions at the STUN protocol level"; "a default of 39.5 s"."""
    transaction = Transaction(REQUEST, now=0.0, reliable=True)
    assert sendings(transaction) == [0.0, 39.5]
    assert transaction.outcome == Outcome(None, Failure.TIMEOUT)


def test_5_a_request_is_sent_again_as_it_was() -> None:
    """ "Resends of the same request reuse the same transaction ID"."""
    transaction = Transaction(REQUEST, SHORT, now=0.0, fingerprint=True)
    assert {transaction.wake(when) for when in (0.0, 0.5, 1.5, 3.5)} == {SHORT.encode(REQUEST, fingerprint=True)}


def test_waking_late_sends_once() -> None:
    transaction = started()
    assert transaction.wake(3.0) is not None
    assert transaction.wake(3.0) is None
    assert transaction.next_wake() == 4.0


def test_a_response_ends_it() -> None:
    transaction, response = started(), read(REQUEST.success())
    assert transaction.receive(response) == Outcome(response)
    assert transaction.next_wake() is None
    assert transaction.wake(100.0) is None
    assert transaction.receive(read(REQUEST.error(500))) == Outcome(response)  # the first one counts (6.3.1)


def test_6_3_what_is_none_of_its_own() -> None:
    """ "the agent checks that the transaction ID matches a transaction that is still in progress"."""
    transaction = started()
    other = Message(Method.ALLOCATE, Kind.SUCCESS, REQUEST.transaction)
    for message in (
        request(bytes(12)).success(),
        other,
        REQUEST,
        Message(Method.BINDING, Kind.INDICATION, REQUEST.transaction),
    ):
        assert transaction.receive(read(message)) is None
    assert transaction.next_wake() == 0.5


def test_6_3_4_an_error_response() -> None:
    transaction, response = started(), read(REQUEST.error(420))
    assert transaction.receive(response) == Outcome(response, Failure.ERROR)


@pytest.mark.parametrize(
    "response",
    [
        Message(Method.BINDING, Kind.ERROR, REQUEST.transaction),
        REQUEST.success(Attribute(0x7FFF, b"")),
        REQUEST.error(400, Attribute(0x7FFF, b"")),
    ],
)
def test_6_3_3_a_response_that_cannot_be_understood_fails_it(response: Message) -> None:
    """ "If the success response contains unknown comprehension-required attributes, the response is discarded and the
    transaction is considered to have failed"; so does an error response with them, or without ERROR-CODE (6.3.4)."""
    assert started().receive(read(response)) == Outcome(None, Failure.UNUSABLE)


def test_7_with_fingerprint_one_without_is_not_taken() -> None:
    transaction = started(fingerprint=True)
    assert transaction.receive(read(REQUEST.success())) is None
    response = read(REQUEST.success(), fingerprint=True)
    assert transaction.receive(response) == Outcome(response)


# Integrity.


@pytest.mark.parametrize("signing", [SHORT, SHORT_256, LONG, LONG_256])
@pytest.mark.parametrize("response", [REQUEST.success(), REQUEST.error(487), REQUEST.error(400)])
def test_9_1_4_a_signed_response_is_taken(signing: Signing, response: Message) -> None:
    signed = read(response, signing)
    outcome = started(signing).receive(signed)
    assert outcome is not None
    assert outcome.response == signed


OTHERS = [
    (SHORT, None),
    (SHORT, Signing("a:b", b"other")),
    (SHORT, SHORT_256),  # "the algorithm in the response has to match; otherwise, the response MUST be discarded"
    (SHORT_256, SHORT),
    (LONG, None),
    (LONG_256, LONG),
]


@pytest.mark.parametrize(("signing", "used"), OTHERS)
@pytest.mark.parametrize("response", [REQUEST.success(), REQUEST.error(400), REQUEST.error(487)])
def test_9_1_4_over_udp_a_forged_response_never_was(signing: Signing, used: Signing | None, response: Message) -> None:
    """ "the response MUST be discarded, as if it had never been received. This means that retransmits, if applicable,
    will continue. If all the responses received are discarded, then instead of signaling a timeout […] the layer MUST
    signal that the integrity protection was violated."."""
    transaction = started(signing)
    assert transaction.receive(read(response, used)) is None
    assert sendings(transaction)[-1] == 39.5
    assert transaction.outcome == Outcome(None, Failure.INTEGRITY)


def test_9_1_4_after_a_forged_response_the_true_one_counts() -> None:
    transaction, response = started(SHORT), read(REQUEST.success(), SHORT)
    transaction.receive(read(REQUEST.success()))
    assert transaction.receive(response) == Outcome(response)


@pytest.mark.parametrize(("signing", "used"), OTHERS)
def test_9_1_4_over_tcp_a_forged_response_is_the_end(signing: Signing, used: Signing | None) -> None:
    """ "the layer MUST immediately end the transaction and signal that the integrity protection was violated"."""
    transaction = started(signing, reliable=True)
    assert transaction.receive(read(REQUEST.success(), used)) == Outcome(None, Failure.INTEGRITY)


@pytest.mark.parametrize("code", [401, 438])
def test_9_2_5_a_challenge_comes_unsigned(code: int) -> None:
    """Where the credential is a long-term one: else it is "discarded, as if it had never been received" (9.1.4)."""
    response = read(REQUEST.error(code, REALM.of("lab"), NONCE.of(b"n")))
    assert started(LONG).receive(response) == Outcome(response, Failure.ERROR)
    assert started(SHORT).receive(response) is None


def test_9_2_5_no_success_is_a_challenge() -> None:
    forged = REQUEST.success(ERROR_CODE.of(Error(401, "")))
    assert started(LONG).receive(read(forged)) is None


def test_9_2_5_a_response_whose_algorithms_were_taken_out_is_ignored() -> None:
    """ "if the NONCE attribute starts with the "nonce cookie" with the […] "Password algorithms" bit set to 1 but
    PASSWORD-ALGORITHMS is not present, the response MUST be ignored"."""
    nonce = NONCE.of(b"obMatJos2gAAAx")
    assert started(LONG).receive(read(REQUEST.success(nonce), LONG)) is None
    both = read(REQUEST.success(nonce, PASSWORD_ALGORITHMS.of((PasswordAlgorithm(2),))), LONG)
    assert started(LONG).receive(both) == Outcome(both)


def test_an_unsigned_requests_response_needs_no_integrity() -> None:
    """pjsip issue 279: responses were dropped though the request had needed no authentication."""
    response = read(REQUEST.success(), SHORT)
    assert started().receive(response) == Outcome(response)
