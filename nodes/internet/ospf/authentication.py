"""Who may speak: nobody is asked (type 0), a simple password (1), or a digest of the packet and a key (2).

RFC 2328 appendix D, and RFC 5709 for digests by HMAC. With a digest, the last 8 octets of the header are

    +-------------------------------+---------------+---------------+
    |            0 (2)              |  Key ID (1)   | Auth Data Len |
    +-------------------------------+---------------+---------------+
    |               Cryptographic sequence number (4)               |
    +---------------------------------------------------------------+

and the digest stands behind the packet: "not actually considered part of the OSPF protocol packet", it is not in its
length. What stands behind that (a block for link-local signalling, RFC 5613) is not read.

The sequence number that is sent is the time of day in eighths of a second, and always above the last one on that
interface: FRR 10.6 takes no number twice (FRR #21387). In whole seconds it would run ahead of the clock with each
burst of packets, and stay there; nobody would then hear this router after a restart (FRR #10758). Those of the
neighbours may stay the same, as RFC 2328 section D.5.3 has it: BIRD's do.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ospf.packet import HEADER, PASSWORD_LENGTH, VERSION
from catenet.nodes.keys.digests import equal
from catenet.nodes.keys.key import Key
from catenet.nodes.keys.prover import Prover
from catenet.nodes.machine import DecodeError

__all__ = ["MAX_NEIGHBOURS", "Authentication"]

NULL, PASSWORD, CRYPTOGRAPHIC = 0, 1, 2
"""AuType (Table 20)."""
MAX_NEIGHBOURS = 256
"""Of so many the sequence numbers are remembered; one more pushes out the one that was not heard for longest."""

_PROOF = struct.Struct(">HH8s")
"""Checksum, AuType and Authentication."""
_PROOF_AT = HEADER.size - _PROOF.size
_SIGNATURE = struct.Struct(">HBBI")
_LAST_NUMBER = 0xFFFFFFFF
_TICKS = 8
"""Sequence numbers in a second: so many packets a second may be sent for long without running ahead of the clock."""


@dataclass(slots=True)
class _Heard:
    """A neighbour: the key and number of its last packet, and when that came."""

    key: Key
    number: int
    at: float


class Authentication(Prover):
    """Seals what is sent, and opens what comes in."""

    def __init__(self, proof: bytes | tuple[Key, ...], epoch: float, dead: float, *, fail_secure: bool = False) -> None:
        """`proof`: what `read_auth` gives. `epoch`: seconds since 1970 when the machine's clock was 0. `dead`: seconds
        after which a silent neighbour is down, and its sequence number forgotten.
        """
        super().__init__(proof, epoch, "OSPF", fail_secure=fail_secure)
        self._dead = dead
        self._sent: dict[str, int] = {}
        self._heard: dict[tuple[str, Address], _Heard] = {}

    @property
    def type(self) -> int:
        """AuType."""
        if self._password:
            return PASSWORD
        return CRYPTOGRAPHIC if self._keyring.keys else NULL

    @property
    def overhead(self) -> int:
        """Octets of an IP packet that must stay free for the digest."""
        return max((key.algorithm.length for key in self._keyring.keys), default=0)

    # Out

    def seal(self, packet: bytes, interface: str, now: float) -> bytes:
        """A packet as it goes out (section D.4); b"" where no key is valid, and nothing may be said."""
        if self._keyring.keys:
            return self._signed(packet, interface, now)
        data = bytearray(packet)
        _PROOF.pack_into(data, _PROOF_AT, 0, self.type, b"")
        _PROOF.pack_into(data, _PROOF_AT, _checksum(data), self.type, self._password)
        return bytes(data)

    def _signed(self, packet: bytes, interface: str, now: float) -> bytes:
        key = self._keyring.signer(self._epoch + now)
        if key is None:
            return b""
        signature = _SIGNATURE.pack(0, key.number, key.algorithm.length, self._next_number(interface, now))
        # "The checksum field […] is not calculated, but is instead set to 0." (D.4.3)
        signed = packet[:_PROOF_AT] + _PROOF.pack(0, CRYPTOGRAPHIC, signature) + packet[HEADER.size :]
        return signed + key.digest(signed)

    def _next_number(self, interface: str, now: float) -> int:
        """Behind the maximum, every 17 years, "the router should reset the cryptographic sequence number […] back to 0"
        (D.3)."""
        number = max(self._sent.get(interface, 0) + 1, int((self._epoch + now) * _TICKS))
        self._sent[interface] = number
        return number & _LAST_NUMBER

    # In

    def open(self, data: bytes, interface: str, source: Address, now: float) -> bytes:
        """The OSPF packet in what came in an IP packet, which is as long as its header says (sections 8.2 and D.5).

        Raises:
            DecodeError: the header or the proof is wrong; `field` counts what, and where it is of a key `value` is that
                key's id.

        """
        size = _size(data)
        _, kind, _ = _PROOF.unpack_from(data, _PROOF_AT)
        if kind != self.type:
            raise _wrong_type(kind, self.type)
        packet = data[:size]
        if self.type == CRYPTOGRAPHIC:
            self._verify_digest(packet, data[size:], interface, source, now)
            return packet
        if _checksum(packet):
            raise DecodeError("checksum", int.from_bytes(packet[_PROOF_AT : _PROOF_AT + 2], "big"))
        if self._password and not equal(
            packet[HEADER.size - PASSWORD_LENGTH : HEADER.size], self._password.ljust(PASSWORD_LENGTH, b"\0")
        ):
            raise DecodeError("auth-password", "…", "a wrong password")
        return packet

    def _verify_digest(self, packet: bytes, behind: bytes, interface: str, source: Address, now: float) -> None:
        """The number is compared last: so nobody learns from the answer which numbers are in use."""
        _, number, said, sequence = _SIGNATURE.unpack_from(packet, HEADER.size - _SIGNATURE.size)
        key = self._keyring.accepted(number, self._epoch + now)
        length = key.algorithm.length
        if said != length or len(behind) < length:
            why = f"{key.method} makes {length} octets: {said} are said, {len(behind)} are there"
            raise DecodeError("auth-length", number, why)
        if not equal(behind[:length], key.digest(packet)):
            raise DecodeError("auth-digest", number, "the digest is not that of this packet and key")
        known = self._neighbour(interface, source, now)
        if known is not None and sequence < known.number:
            why = f"an old packet: its number is {sequence}, the last was {known.number}"
            raise DecodeError("auth-sequence", number, why)
        self._remember(interface, source, _Heard(key, sequence, now))

    def _neighbour(self, interface: str, source: Address, now: float) -> _Heard | None:
        known = self._heard.get((interface, source))
        return known if known is not None and now < known.at + self._dead else None

    def _remember(self, interface: str, source: Address, heard: _Heard) -> None:
        self._heard.pop((interface, source), None)
        if len(self._heard) >= MAX_NEIGHBOURS:
            del self._heard[min(self._heard, key=lambda each: self._heard[each].at)]
        self._heard[interface, source] = heard

    # Beside the packets

    def forget(self, interface: str, source: Address) -> None:
        """The number "is also set to zero whenever the neighbor's state transitions to "Down"" (D.3)."""
        self._heard.pop((interface, source), None)

    def key_of(self, interface: str, source: Address, now: float) -> int | None:
        """The id of the key that a neighbour signs with; None where there is none."""
        known = self._neighbour(interface, source, now)
        return None if known is None else known.key.number

    def proof_of(self, interface: str, source: Address, now: float) -> str | None:
        """How a neighbour proves who it is: the method's word, or `password`; None where it does not."""
        if self._password:
            return "password"
        known = self._neighbour(interface, source, now)
        return None if known is None else known.key.method


def _size(data: bytes) -> int:
    """The packet's length, which its header says."""
    if len(data) < HEADER.size:
        raise DecodeError("length", len(data), "no header")
    size: int
    version, _, size, *_ = HEADER.unpack_from(data)
    if version != VERSION:
        raise DecodeError("version", version)
    if not HEADER.size <= size <= len(data):
        raise DecodeError("length", size, f"of {len(data)} octets that came")
    return size


def _wrong_type(kind: int, wanted: int) -> DecodeError:
    words = {NULL: "nothing", PASSWORD: "a password", CRYPTOGRAPHIC: "a digest"}
    why = f"it carries {words.get(kind, 'an unknown proof')}, and {words[wanted]} is configured"
    if wanted == NULL:
        return DecodeError("authentication", kind, why)
    return DecodeError("auth-type" if kind else "auth-missing", kind, why)


def _checksum(packet: bytes | bytearray) -> int:
    """The Internet checksum of a packet without its Authentication field (section A.3.1); 0 where it is right."""
    return checksum(packet[: HEADER.size - PASSWORD_LENGTH] + packet[HEADER.size :])
