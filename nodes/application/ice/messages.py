"""Binding messages of connectivity checks: written, and judged (RFC 8445 section 7, RFC 8489 section 9.1)."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.ice.candidate import Candidate, Kind, priority_of
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.stun.attributes import (
    ERROR_CODE,
    FINGERPRINT,
    ICE_CONTROLLED,
    ICE_CONTROLLING,
    PRIORITY,
    USE_CANDIDATE,
    USERNAME,
    XOR_MAPPED_ADDRESS,
)
from catenet.nodes.application.stun.credentials import Refusal, Signing, short_term
from catenet.nodes.application.stun.integrity import short_term_key, verify
from catenet.nodes.application.stun.message import Kind as Class
from catenet.nodes.application.stun.message import Message, Method
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = [
    "FORBIDDEN",
    "ROLE_CONFLICT",
    "Asked",
    "conflict",
    "error",
    "is_genuine",
    "judge",
    "mapped",
    "parse",
    "priority_of_check",
    "request",
]

FORBIDDEN, ROLE_CONFLICT = 403, 487
_NO_TYPE_PREFERENCE = (1 << 24) - 1


class Asked(NamedTuple):
    """A check of a peer's that has proved who it is from. `fragment`: the peer's; `controlling`: its role."""

    fragment: str
    priority: int
    nominates: bool
    controlling: bool
    tiebreaker: int


def parse(data: bytes) -> Message | None:
    """A Binding message with FINGERPRINT; None: another method's.

    Raises:
        DecodeError: as `Message.parse`, or it has no FINGERPRINT (RFC 8445 section 7.2.4).

    """
    message = Message.parse(data)
    if message.method is not Method.BINDING:
        return None
    if message.get(FINGERPRINT) is None:
        raise DecodeError("FINGERPRINT", None, "a connectivity check has one")
    return message


def priority_of_check(local: Candidate) -> int:
    """The priority that a peer-reflexive candidate learned from this check would have (RFC 8445 section 7.1.1)."""
    return priority_of(Kind.PEER_REFLEXIVE, 0) | (local.priority & _NO_TYPE_PREFERENCE)


def request(
    transaction: bytes,
    peer: Credentials,
    own: Credentials,
    priority: int,
    tiebreaker: int,
    *,
    controlling: bool,
    nominates: bool = False,
) -> tuple[Message, Signing]:
    """A check, and how it is signed (sections 7.1 and 7.2.2)."""
    role = ICE_CONTROLLING if controlling else ICE_CONTROLLED
    username = f"{peer.fragment}:{own.fragment}"
    attributes = [USERNAME.of(username), PRIORITY.of(priority), role.of(tiebreaker)]
    if nominates:
        attributes.append(USE_CANDIDATE.of(True))
    message = Message(Method.BINDING, Class.REQUEST, transaction, tuple(attributes))
    return message, Signing(username, short_term_key(peer.password))


def judge(message: Message, own: Credentials, source: Endpoint) -> tuple[bytes, Asked | None]:
    """The answer to a check of a peer's, and what it asks; None: it has not proved who it is (RFC 8489 section 9.1.3),
    or lacks what a check has."""
    signing = short_term(message, lambda username: own.password if _is_for(own, username) else None)
    if isinstance(signing, Refusal):
        return signing.response(message).encode(fingerprint=True), None
    if message.unknown:
        return signing.encode(message.unknown_error(message.unknown), fingerprint=True), None
    priority, controlling, controlled = message.get(PRIORITY), message.get(ICE_CONTROLLING), message.get(ICE_CONTROLLED)
    tiebreaker = controlled if controlling is None else controlling
    if priority is None or tiebreaker is None or None not in (controlling, controlled):
        return signing.encode(message.error(400), fingerprint=True), None
    fragment = signing.username.partition(":")[2]
    asked = Asked(fragment, priority, message.has(USE_CANDIDATE), controlling is not None, tiebreaker)
    return signing.encode(message.success(XOR_MAPPED_ADDRESS.of(source)), fingerprint=True), asked


def _is_for(own: Credentials, username: str) -> bool:
    fragment, colon, _ = username.partition(":")
    return bool(colon) and fragment == own.fragment


def conflict(message: Message, own: Credentials) -> bytes:
    """The answer to a check of a peer's that claims our role (RFC 8445 section 7.3.1.1)."""
    return message.error(ROLE_CONFLICT).encode(short_term_key(own.password), fingerprint=True)


def is_genuine(message: Message, peer: Credentials) -> bool:
    """Whether an answer is the peer's."""
    return verify(message.data, short_term_key(peer.password))


def mapped(message: Message) -> Endpoint | None:
    """The address that a peer saw; None: it is an error's answer, or has none of IPv4."""
    address = message.get(XOR_MAPPED_ADDRESS) if message.kind is Class.SUCCESS else None
    return address if isinstance(address, Endpoint) else None


def error(message: Message) -> int:
    """The code of an error's answer; 0: it is none."""
    found = message.get(ERROR_CODE) if message.kind is Class.ERROR else None
    return 0 if found is None else found.code
