"""What name server and resolver have in common: telling a question that can be answered from one that cannot."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.dns.message import Header, Message
from catenet.nodes.application.dns.records import Class, Opcode, Rcode, Type, is_data_type
from catenet.nodes.machine import DecodeError

__all__ = ["NoQueryError", "Query", "read_query"]


class NoQueryError(DecodeError):
    """It asks nothing, and nothing may be sent back: else two servers could talk to each other for ever."""


class Query(NamedTuple):
    """A question, and NOERROR or the code with which it must be answered.

    `fault` says what could not be read; then, and where it is another kind of message, of the question and EDNS there
    is what could be read.
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
    fault = None
    if header.opcode == Opcode.QUERY:
        try:
            message = _read(data, header)
            return Query(message, _refusal(message))
        except DecodeError as error:
            fault = error
    bare = Message.skim(data)
    if _is_beyond_us(bare):
        return Query(bare, Rcode.BADVERS)
    return Query(bare, Rcode.NOTIMP if fault is None else Rcode.FORMERR, fault)


def _read(data: bytes, header: Header) -> Message:
    if header.questions != 1:
        raise DecodeError("QDCOUNT", header.questions, "a standard query has one question (RFC 9619)")
    message = Message.parse(data)
    assert message.question is not None
    if header.answers:
        raise DecodeError("ANCOUNT", header.answers, "a standard query brings no answers along")
    if header.authority and message.question.type != Type.IXFR:  # it brings an SOA record along (RFC 1995 section 3)
        raise DecodeError("NSCOUNT", header.authority, "a standard query brings no authority along")
    return message


def _is_beyond_us(message: Message) -> bool:
    """ "If a responder does not implement the VERSION level of the request, then it MUST respond with
    RCODE=BADVERS" (RFC 6891 section 6.1.3)."""
    return message.edns is not None and message.edns.version > 0


def _refusal(message: Message) -> Rcode:
    """NOERROR, or why a well-formed question is not answered."""
    assert message.question is not None
    kind = message.question.type
    if _is_beyond_us(message):
        return Rcode.BADVERS
    if message.question.klass != Class.IN or kind in (Type.AXFR, Type.IXFR):
        return Rcode.REFUSED
    if kind in (Type.MAILA, Type.MAILB):
        return Rcode.NOTIMP
    # Type 0 and the types that belong to messages can be asked of nobody (RFC 6895 section 3.1).
    return Rcode.NOERROR if kind == Type.ANY or is_data_type(kind) else Rcode.FORMERR
