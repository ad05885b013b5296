"""A client's transaction: one request, sent again until its response comes (RFC 8489 sections 6.2.1, 6.2.2, 6.3.3 and
6.3.4, and what 9.1.4 and 9.2.5 say of a response's integrity).

Who has many keeps them by transaction ID, and hands each only what came from where its request went.

Over UDP, with an RTO of 500 ms: "requests would be sent at times 0 ms, 500 ms, 1500 ms, 3500 ms, 7500 ms, 15500 ms, and
31500 ms. If the client has not received a response after 39500 ms, the client will consider the transaction to have
timed out." Over TCP once, and the same end.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from catenet.nodes.application.stun.attributes import (
    ERROR_CODE,
    FINGERPRINT,
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    NONCE,
    PASSWORD_ALGORITHMS,
)
from catenet.nodes.application.stun.credentials import Signing
from catenet.nodes.application.stun.integrity import verify
from catenet.nodes.application.stun.message import Kind, Message
from catenet.nodes.application.stun.nonce import Feature, features

__all__ = ["RC", "RM", "RTO", "TI", "Failure", "Outcome", "Transaction"]

RTO = 0.5
"""Seconds from the first request to the second (section 6.2.1)."""
RC = 7
"""Requests at most."""
RM = 16
"""From the last request to the end, in RTOs."""
TI = 39.5
"""Seconds from the request to the end over a reliable transport (section 6.2.2)."""


class Failure(Enum):
    """Why a transaction brought nothing."""

    TIMEOUT = "no response"
    INTEGRITY = "integrity violated"  # all that came, or over TCP the first that came, was not signed as it must be
    UNUSABLE = "unusable response"  # what must be understood is not, or ERROR-CODE is missing
    ERROR = "error response"


class Outcome(NamedTuple):
    """How a transaction ended. `response`: the success or the error response; None: there was none to go by."""

    response: Message | None
    failure: Failure | None = None


class Transaction:
    """One request on its way. When it is made, and whenever `next_wake` says, `wake` gives what is to be sent."""

    def __init__(
        self,
        request: Message,
        signing: Signing | None = None,
        *,
        now: float,
        reliable: bool = False,
        fingerprint: bool = False,
        rto: float = RTO,
        rc: int = RC,
    ) -> None:
        """`reliable`: over TCP, or TLS over it. `fingerprint`: both ends use FINGERPRINT (section 7)."""
        self.request = request
        self.outcome: Outcome | None = None
        self.sent = 0  # how many times; who measures a round trip takes none that was sent again (section 6.2.1)
        self._signing = signing
        self._fingerprint = fingerprint
        self._reliable = reliable
        self._last_wait = TI if reliable else RM * rto
        self._requests = 1 if reliable else rc
        self._wait = rto
        self._due = now
        self._violated = False
        self._data = (
            signing.encode(request, fingerprint=fingerprint) if signing else request.encode(fingerprint=fingerprint)
        )

    def next_wake(self) -> float | None:
        """When `wake` should be called; None: it has ended."""
        return None if self.outcome else self._due

    def wake(self, now: float) -> bytes | None:
        """What is to be sent now, if anything; after the last wait there is an outcome instead."""
        if self.outcome is not None or now < self._due:
            return None
        if self.sent == self._requests:
            # "If all the responses received are discarded, then instead of signaling a timeout […] the layer MUST
            # signal that the integrity protection was violated." (9.1.4, 9.2.5)
            self.outcome = Outcome(None, Failure.INTEGRITY if self._violated else Failure.TIMEOUT)
            return None
        self.sent += 1
        self._due = now + (self._last_wait if self.sent == self._requests else self._wait)
        self._wait *= 2
        return self._data

    def receive(self, response: Message) -> Outcome | None:
        """A message that came from where the request went. Once there is an outcome it stays; None: go on waiting, the
        message is none of this transaction's, or not to be trusted."""
        if self.outcome is not None or not self._is_ours(response):
            return self.outcome
        if self._is_authentic(response):
            self.outcome = _judge(response)
        else:
            self._violated = True
            if self._reliable:
                self.outcome = Outcome(None, Failure.INTEGRITY)
        return self.outcome

    def _is_ours(self, response: Message) -> bool:
        request = self.request
        return (
            response.kind in (Kind.SUCCESS, Kind.ERROR)
            and response.method == request.method
            and response.transaction == request.transaction
            and (not self._fingerprint or response.has(FINGERPRINT))
        )

    def _is_authentic(self, response: Message) -> bool:
        """Whether it is signed as the request was: "the algorithm in the response has to match" (9.1.4). To a client
        with a long-term credential a 401 or a 438 comes unsigned (9.2.5)."""
        signing = self._signing
        if signing is None:
            return True
        error = response.get(ERROR_CODE)
        if signing.long_term:
            if response.kind == Kind.ERROR and error is not None and error.code in (401, 438):
                return True
            stripped = Feature.PASSWORD_ALGORITHMS in features(response.get(NONCE) or b"")
            if stripped and not response.has(PASSWORD_ALGORITHMS):
                return False
        wanted, other = MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256
        if signing.sha256:
            wanted, other = other, wanted
        return response.has(wanted) and not response.has(other) and verify(response.data, signing.key)


def _judge(response: Message) -> Outcome:
    """ "if the error response does not contain an ERROR-CODE attribute, then the transaction is simply considered to
    have failed" (6.3.4); a response with what must be understood and is not, too (6.3.3).
    """
    if response.unknown or (response.kind == Kind.ERROR and not response.has(ERROR_CODE)):
        return Outcome(None, Failure.UNUSABLE)
    return Outcome(response, Failure.ERROR if response.kind == Kind.ERROR else None)
