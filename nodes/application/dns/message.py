"""DNS messages (RFC 1035 section 4) with EDNS(0) (RFC 6891), as frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from catenet.nodes.application.dns.codec import ERRORS, HEADER_SIZE, MessageBuffer, parse_data
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Class, Rcode, Record, Type, type_text
from catenet.nodes.machine import DecodeError

__all__ = ["EDNS_SIZE", "STREAM_SIZE", "UDP_SIZE", "Edns", "Header", "Message", "Question"]

UDP_SIZE = 512
"""Octets of a message over UDP without EDNS (RFC 1035 section 4.2.1)."""

EDNS_SIZE = 1232
"""Octets that we send and take over UDP with EDNS: 1,280, the least that every IPv6 link carries, without headers."""

STREAM_SIZE = 65_535
"""Octets of a message over TCP: its length is two octets (RFC 1035 section 4.2.2)."""

_OPT_SIZE, _LEAST_RECORD = 11, 11
_QR, _AA, _TC, _RD, _RA, _CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
_VERSION_SHIFT, _RCODE_SHIFT, _DO = 16, 24, 0x8000


class Header(NamedTuple):
    """The first 12 octets, which can be read even where the rest is wrong.

                                    1  1  1  1  1  1
      0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
    |                      ID                       |
    |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
    |                    QDCOUNT                    |
    |                    ANCOUNT                    |
    |                    NSCOUNT                    |
    |                    ARCOUNT                    |
    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
    """

    id: int
    flags: int
    questions: int
    answers: int
    authority: int
    additional: int

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """The header of a message.

        Raises:
            DecodeError: fewer than 12 octets.

        """
        if len(data) < HEADER_SIZE:
            raise DecodeError("length", len(data), f"a header has {HEADER_SIZE} octets")
        return cls(*(int.from_bytes(data[at : at + 2], "big") for at in range(0, HEADER_SIZE, 2)))

    @property
    def is_response(self) -> bool:
        """QR: an answer, not a question."""
        return bool(self.flags & _QR)

    @property
    def recursion_desired(self) -> bool:
        """RD: the asker wants the final answer."""
        return bool(self.flags & _RD)

    @property
    def truncated(self) -> bool:
        """TC: the message was longer than the transport carries."""
        return bool(self.flags & _TC)

    @property
    def opcode(self) -> int:
        """The kind of question; 0 is the standard query."""
        return self.flags >> 11 & 15


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `spelling` is the name's labels with the capitals that the sender used."""

    name: Name
    type: int
    klass: int = Class.IN
    spelling: tuple[bytes, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{type_text(self.type)} {self.name}"


class Edns(NamedTuple):
    """What an OPT record says (RFC 6891 section 6.1); options are not used here."""

    size: int = EDNS_SIZE
    version: int = 0
    dnssec_ok: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message with at most one question (RFC 9619). `rcode` has the upper bits of EDNS in it."""

    id: int
    response: bool = False
    opcode: int = 0
    authoritative: bool = False
    truncated: bool = False
    recursion_desired: bool = False
    recursion_available: bool = False
    checking_disabled: bool = False
    rcode: int = Rcode.NOERROR
    question: Question | None = None
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    edns: Edns | None = None

    @classmethod
    def parse(cls, data: bytes) -> Message:
        """Bytes → Message.

        Raises:
            DecodeError: anything that RFC 1035 or RFC 6891 does not allow; it names the field.

        """
        header = Header.parse(data)
        if header.questions > 1:
            raise DecodeError("QDCOUNT", header.questions, "a message has one question (RFC 9619)")
        buffer = MessageBuffer(data)
        buffer.offset = HEADER_SIZE
        try:
            question = _read_question(buffer) if header.questions else None
            answers = _read_section(buffer, header.answers, opts=None)
            authority = _read_section(buffer, header.authority, opts=None)
            opts: list[_Opt] = []
            additional = _read_section(buffer, header.additional, opts=opts)
        except DecodeError:
            raise
        except ERRORS as error:
            raise DecodeError("message", data[:16], str(error)) from None
        if buffer.offset != len(data):
            raise DecodeError("length", len(data), f"{len(data) - buffer.offset} octets are left over")
        opt = opts[0] if opts else None
        return cls(
            header.id,
            header.is_response,
            header.opcode,
            bool(header.flags & _AA),
            bool(header.flags & _TC),
            bool(header.flags & _RD),
            bool(header.flags & _RA),
            bool(header.flags & _CD),
            header.flags & 15 | (0 if opt is None else opt.rcode << 4),
            question,
            answers,
            authority,
            additional,
            None if opt is None else Edns(opt.size, opt.version, opt.dnssec_ok),
        )

    @classmethod
    def skim(cls, data: bytes) -> Message:
        """Of a message that is wrong, cut off, or of a kind that is not known here, what its end does not matter for:
        the header's fields, the question where there is one, and EDNS, each as far as it can be read.

        "If an OPT record is present in a received request, compliant responders MUST include an OPT record in their
        respective responses" (RFC 6891 section 6.1.1), in those that say FORMERR too (section 7).

        Raises:
            DecodeError: it is too short for a header.

        """
        header = Header.parse(data)
        buffer = MessageBuffer(data)
        buffer.offset = HEADER_SIZE
        questions: list[Question] = []
        opt: _Opt | None = None
        try:
            questions += (_read_question(buffer) for _ in range(header.questions))
            for _ in range(header.answers + header.authority + header.additional):
                buffer.read_spelled()
                kind, klass = buffer.unpack("!HH")
                if kind == Type.OPT:
                    opt = _read_opt(buffer, klass)
                    break
                buffer.get(4)
                buffer.get(*buffer.unpack("!H"))
        except ERRORS:
            pass
        return cls(
            header.id,
            response=header.is_response,
            opcode=header.opcode,
            truncated=header.truncated,
            recursion_desired=header.recursion_desired,
            checking_disabled=bool(header.flags & _CD),
            question=questions[0] if len(questions) == header.questions == 1 else None,
            edns=None if opt is None else Edns(opt.size, opt.version, opt.dnssec_ok),
        )

    def reply(self, rcode: int = Rcode.NOERROR) -> Message:
        """An answer without records: same id, opcode, question, RD and CD; EDNS is answered by EDNS.

        "The DO bit of the query MUST be copied in the response" (RFC 3225 section 3).
        """
        return Message(
            self.id,
            response=True,
            opcode=self.opcode,
            recursion_desired=self.recursion_desired,
            checking_disabled=self.checking_disabled,
            rcode=rcode,
            question=self.question,
            edns=None if self.edns is None else Edns(dnssec_ok=self.edns.dnssec_ok),
        )

    def size_limit(self, *, stream: bool) -> int:
        """Octets that an answer to this message may have.

        "Values lower than 512 MUST be treated as equal to 512" (RFC 6891 section 6.2.3).
        """
        if stream:
            return STREAM_SIZE
        return UDP_SIZE if self.edns is None else min(max(self.edns.size, UDP_SIZE), EDNS_SIZE)

    def pack(self, limit: int = STREAM_SIZE) -> bytes:
        """Message → bytes, at most `limit` octets.

        "The TC bit should not be set merely because some extra information could have been included" (RFC 2181
        section 9): what is merely helpful goes first, silently. Where an answer or a referral's glue (RFC 9471) does
        not fit, TC is set and all records go, since a client drops a truncated answer anyway and asks over TCP.
        """
        data = self._pack(self.answers, self.authority, self.additional, limit)
        if data is None and self.answers and self.additional:
            data = self._pack(self.answers, self.authority, (), limit)
        if data is None:
            data = self._pack((), (), (), limit, _TC)
        assert data is not None, "a header, a question and an OPT record take 282 octets at most"
        return data

    def _pack(
        self,
        answers: Sequence[Record],
        authority: Sequence[Record],
        additional: Sequence[Record],
        limit: int,
        truncated: int = 0,
    ) -> bytes | None:
        """None: it would take more octets. No more than that are written, however many records there are."""
        buffer = MessageBuffer()
        limit -= 0 if self.edns is None else _OPT_SIZE
        if len(answers) + len(authority) + len(additional) > limit // _LEAST_RECORD:
            return None
        counts = (int(self.question is not None), len(answers), len(authority))
        buffer.pack("!6H", self.id, self._flags | truncated, *counts, len(additional) + (self.edns is not None))
        if self.question is not None:
            buffer.write_name(self.question.name, self.question.spelling)
            buffer.pack("!HH", self.question.type, self.question.klass)
        for section in (answers, authority, additional):
            for record in section:
                _write_record(buffer, record)
                if buffer.offset > limit:
                    return None
        if self.edns is not None:
            ttl = self.rcode >> 4 << _RCODE_SHIFT | self.edns.version << _VERSION_SHIFT | self.edns.dnssec_ok * _DO
            buffer.pack("!BHHIH", 0, Type.OPT, self.edns.size, ttl, 0)
        return bytes(buffer.data)

    @property
    def _flags(self) -> int:
        return (
            self.response * _QR
            | self.opcode << 11
            | self.authoritative * _AA
            | self.truncated * _TC
            | self.recursion_desired * _RD
            | self.recursion_available * _RA
            | self.checking_disabled * _CD
            | self.rcode & 15
        )


class _Opt(NamedTuple):
    size: int
    version: int
    rcode: int  # the upper eight bits of the extended RCODE
    dnssec_ok: bool
    length: int  # of the options, which follow


def _read_question(buffer: MessageBuffer) -> Question:
    spelling = tuple(buffer.read_spelled())
    kind, klass = buffer.unpack("!HH")
    return Question(Name.of(spelling), kind, klass, spelling)


def _read_section(buffer: MessageBuffer, count: int, *, opts: list[_Opt] | None) -> tuple[Record, ...]:
    """The records, of any class; an OPT record, where there may be one, goes to `opts`."""
    records: list[Record] = []
    for _ in range(count):
        name = buffer.read_name()
        kind, klass = buffer.unpack("!HH")
        if kind == Type.OPT:
            if opts is None or opts or name:
                # "more than one OPT RR … FORMERR"; its name "MUST be 0 (root domain)" (RFC 6891 sections 6.1.1, 6.1.2)
                raise DecodeError(
                    "OPT", str(name), "it stands once, in the additional section, and its name is the root"
                )
            opts.append(_read_opt(buffer, klass))
            _check_options(buffer.get(opts[0].length))
            continue
        ttl = buffer.read_ttl()
        (length,) = buffer.unpack("!H")
        records.append(Record(name, kind, ttl, parse_data(buffer, kind, length, klass), klass))
    return tuple(records)


def _read_opt(buffer: MessageBuffer, klass: int) -> _Opt:
    """All but the options."""
    rcode, version, flags, length = buffer.unpack("!BBHH")
    return _Opt(klass, version, rcode, bool(flags & _DO), length)


def _check_options(data: bytes) -> None:
    """Options are not used here, but their form is: a code, a length, and so many octets (RFC 6891 section 6.1.2)."""
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data) or end > len(data):
            raise DecodeError("OPTION-LENGTH", data[at : at + 4], "the option runs past the end of the OPT record")
        at = end


def _write_record(buffer: MessageBuffer, record: Record) -> None:
    buffer.write_name(record.name)
    buffer.pack("!HHI", record.type, record.klass, record.ttl)
    at = buffer.offset
    buffer.pack("!H", 0)
    record.data.write(buffer)
    buffer.update(at, "!H", buffer.offset - at - 2)
