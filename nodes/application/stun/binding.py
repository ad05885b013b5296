"""The Binding method: a client learns its address as others see it (RFC 8489 sections 6.3.1.1, 6.3.3 and 12)."""

from __future__ import annotations

from catenet.nodes.application.stun.attributes import FINGERPRINT, MAPPED_ADDRESS, SOFTWARE, XOR_MAPPED_ADDRESS
from catenet.nodes.application.stun.credentials import Signing
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.values import TransportAddress
from catenet.nodes.machine import Endpoint

__all__ = ["answer", "mapped_address", "request"]


def request(transaction: bytes) -> Message:
    """A Binding request: without authentication "no attributes are required" (section 6.1)."""
    return Message(Method.BINDING, Kind.REQUEST, transaction)


def answer(message: Message, source: Endpoint, signing: Signing | None = None, *, software: str = "") -> bytes | None:
    """The response to a Binding request from there, signed where the request was and has been checked; with a
    FINGERPRINT where the request has one. None: it is no Binding request; an indication "has refreshed the bindings in
    the intervening NATs" by its mere receipt (section 6.3.2).

    `software`: what the SOFTWARE attribute says; "": there is none.
    """
    if (message.method, message.kind) != (Method.BINDING, Kind.REQUEST):
        return None
    if message.unknown:
        response = message.unknown_error(message.unknown)
    else:
        more = (SOFTWARE.of(software),) if software else ()
        response = message.success(XOR_MAPPED_ADDRESS.of(source), *more)
    fingerprint = message.has(FINGERPRINT)
    if signing is None:
        return response.encode(fingerprint=fingerprint)
    return signing.encode(response, fingerprint=fingerprint)


def mapped_address(response: Message) -> TransportAddress | None:
    """The reflexive address in a success response. A server that knows only RFC 3489 says it unhidden."""
    address = response.get(XOR_MAPPED_ADDRESS)
    return response.get(MAPPED_ADDRESS) if address is None else address
