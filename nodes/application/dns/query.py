"""What name server and resolver have in common: telling a question that can be answered from one that cannot."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.dns.message import Header, Message
from catenet.nodes.application.dns.records import CLASS_IN, Rcode, Type
from catenet.nodes.machine import DecodeError

__all__ = ["NoQueryError", "Query", "read_query"]

_QUERY = 0
"""The opcode of a standard query (RFC 1035 section 4.1.1)."""


class NoQueryError(DecodeError):
    """It asks nothing, and nothing may be sent back: else two servers could talk to each other for ever."""


class Query(NamedTuple):
    """A question, and NOERROR or the code with which it must be answered.

    `fault` says what could not be read; then the message is no more than its header.
    """

    message: Message
    rcode: Rcode = Rcode.NOERROR
    fault: DecodeError | None = None


def read_query(data: bytes) -> Query:
    """Bytes → Query.

    Raises:
        NoQueryError: too short for a header, or an answer.

    """
    try:
        header = Header.parse(data)
    except DecodeError as error:
        raise NoQueryError(error.field, error.value, "too short for a header") from None
    if header.is_response:
        raise NoQueryError("QR", 1, "an answer came where questions are expected")
    bare = Message(header.id, opcode=header.opcode, recursion_desired=header.recursion_desired)
    if header.opcode != _QUERY:
        return Query(bare, Rcode.NOTIMP)
    try:
        if header.questions != 1:
            raise DecodeError("QDCOUNT", header.questions, "a standard query has one question (RFC 9619)")
        if header.answers or header.authority:
            raise DecodeError("ANCOUNT", header.answers, "a standard query brings no records along")
        message = Message.parse(data)
    except DecodeError as error:
        return Query(bare, Rcode.FORMERR, error)
    return Query(message, _refusal(message))


def _refusal(message: Message) -> Rcode:
    """NOERROR, or why a well-formed question is not answered."""
    assert message.question is not None
    if message.edns is not None and message.edns.version > 0:
        # "If a responder does not implement the VERSION level of the request, then it MUST respond with
        # RCODE=BADVERS" (RFC 6891 section 6.1.3).
        return Rcode.BADVERS
    if message.question.klass != CLASS_IN or message.question.type in (Type.AXFR, Type.IXFR):
        return Rcode.REFUSED
    if message.question.type == Type.OPT:
        return Rcode.FORMERR
    return Rcode.NOERROR
