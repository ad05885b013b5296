"""Who may speak: a simple password (RFC 2453 section 4.1), or a digest of the message and a key (RFC 4822).

The first entry of an authenticated message is no route. With a password it is the password itself; with a digest it is
(RFC 4822 section 2.1)

    +-------------------------------+-------------------------------+
    |            0xFFFF             |  Authentication Type=0x0003   |
    +---------------+---------------+---------------+---------------+
    |     RIPv2 Packet Length       |    Key ID     | Auth Data Len |
    +-------------------------------+---------------+---------------+
    |                Sequence Number (non-decreasing)               |
    +---------------------------------------------------------------+
    |                reserved must be zero (8 octets)               |
    +---------------------------------------------------------------+

and behind the last entry follow 0xFFFF 0x0001 and the Authentication Data, the digest. "RIPv2 Packet Length" counts up
to there. "Auth Data Len" is "the length in octets of the trailing Authentication Data field"; old ripd's and BIRD count
the four octets before it too, with keyed MD5, so both are taken.

The sequence number is the time of day in seconds: it never decreases, after a restart neither.
"""

from __future__ import annotations

import struct

from catenet.nodes.address import Address
from catenet.nodes.internet.rip.packet import AUTHENTICATION, MAX_ENTRIES, PASSWORD_LENGTH
from catenet.nodes.internet.rip.sequences import Sequences
from catenet.nodes.keys.digests import equal
from catenet.nodes.keys.key import Key
from catenet.nodes.keys.prover import Prover
from catenet.nodes.machine import DecodeError

__all__ = ["Authentication"]

_PASSWORD, _CRYPTOGRAPHIC = 2, 3
_HEADER = 4
_ENTRY = struct.Struct(">HH16s")
_DIGEST_ENTRY = struct.Struct(">HHHBBI8x")
_TRAILER = b"\xff\xff\x00\x01"
_LONGEST = _HEADER + MAX_ENTRIES * _ENTRY.size
"""Octets of the longest message without authentication, and so of one with it: 504. "The maximum datagram size is 512
octets" (RFC 1058 section 3.1): later RFCs no longer say so, but FRR and BIRD still go by it."""
_LAST_NUMBER = 0xFFFFFFFF


class Authentication(Prover):
    """Signs what is sent, and verifies what comes in. Without password and keys it passes messages as they are."""

    def __init__(
        self, proof: bytes | tuple[Key, ...], epoch: float, lifetime: float, *, fail_secure: bool = False
    ) -> None:
        """`proof`: what `read_auth` gives. `epoch`: seconds since 1970 when the machine's clock was 0. `lifetime`:
        seconds after which a silent neighbour's sequence numbers are forgotten.
        """
        super().__init__(proof, epoch, "RIP", fail_secure=fail_secure)
        self._sequences = Sequences(lifetime)

    @property
    def max_entries(self) -> int:
        """How many routes a message has room for: 24 beside an authentication entry (RFC 2453 section 4.1), and fewer
        beside a digest.
        """
        if self._password:
            return MAX_ENTRIES - 1
        if not self._keyring.keys:
            return MAX_ENTRIES
        digest = max(key.algorithm.length for key in self._keyring.keys)
        return (_LONGEST - _HEADER - _DIGEST_ENTRY.size - len(_TRAILER) - digest) // _ENTRY.size

    def sign(self, message: bytes, interface: str, to: Address | None, now: float) -> list[bytes]:
        """The message as it goes out, to a neighbour or (None) to all: once, or once with each key that it needs.

        Nothing where no key is valid.
        """
        header, routes = message[:_HEADER], message[_HEADER:]
        if self._password:
            return [header + _ENTRY.pack(AUTHENTICATION, _PASSWORD, self._password) + routes]
        if not self._keyring.keys:
            return [message]
        return [self._signed(header, routes, key, now) for key in self._signers(interface, to, now)]

    def _signers(self, interface: str, to: Address | None, now: float) -> list[Key]:
        """The key that signs now, and before it older ones that a neighbour still uses: "routers SHOULD […] transmit
        […] messages using both the new and old RIPv2 Security Associations (i.e., keys) until all of the neighbors are
        using the new security association or the lifetime of the old security association expires" (5.1). To one
        neighbour alone: its own.
        """
        at = self._epoch + now
        signer = self._keyring.signer(at)
        if signer is None:
            return []
        used = {self._sequences.key_of(interface, to, now)} if to else self._sequences.keys_on(interface, now)
        others = {number for number in used if number is not None and self._keyring.may_sign(number, at)}
        if to and others:
            return [key for key in self._keyring.keys if key.number in others]
        return [*(key for key in self._keyring.keys if key.number in others - {signer.number}), signer]

    def _signed(self, header: bytes, routes: bytes, key: Key, now: float) -> bytes:
        size = _HEADER + _DIGEST_ENTRY.size + len(routes)
        number = min(max(int(self._epoch + now), 0), _LAST_NUMBER)
        length = key.algorithm.length
        entry = _DIGEST_ENTRY.pack(AUTHENTICATION, _CRYPTOGRAPHIC, size, key.number, length, number)
        signed = header + entry + routes + _TRAILER
        return signed + key.digest(signed)

    def verify(self, data: bytes, interface: str, source: Address, now: float) -> bytes:
        """The message without what proves its sender.

        Raises:
            DecodeError: the proof is missing, of another kind, or wrong; `field` counts which, and where it is of a key
                `value` is that key's id.

        """
        family, kind = struct.unpack_from(">HH", data, _HEADER) if len(data) >= _HEADER + _ENTRY.size else (0, 0)
        if not self._password and not self._keyring.keys:
            if family == AUTHENTICATION:
                # "authenticated RIP-2 messages shall be discarded" where authentication is not configured (5.2)
                raise DecodeError("authentication", kind, "it carries a password, and none is configured")
            return data
        if family != AUTHENTICATION:
            raise DecodeError("auth-missing", family, "it is not authenticated, and must be")
        if kind != (_PASSWORD if self._password else _CRYPTOGRAPHIC):
            raise DecodeError("auth-type", kind, f"{'a password' if self._password else 'a digest'} is configured")
        message = self._verify_password(data) if self._password else self._verify_digest(data, interface, source, now)
        count = (len(message) - _HEADER) // _ENTRY.size
        if count >= MAX_ENTRIES:
            raise DecodeError("entries", count, f"more than {MAX_ENTRIES - 1} beside the authentication")
        return message

    def _verify_password(self, data: bytes) -> bytes:
        given = _ENTRY.unpack_from(data, _HEADER)[2]
        if not equal(given, self._password.ljust(PASSWORD_LENGTH, b"\0")):
            raise DecodeError("auth-password", "…", "a wrong password")
        return data[:_HEADER] + data[_HEADER + _ENTRY.size :]

    def _verify_digest(self, data: bytes, interface: str, source: Address, now: float) -> bytes:
        """ "The receiver MUST use the Key Identifier" to find the key, and "MUST NOT simply try all" (3.2)."""
        _, _, size, number, said, sequence = _DIGEST_ENTRY.unpack_from(data, _HEADER)
        key = self._keyring.accepted(number, self._epoch + now)
        length = key.algorithm.length
        signed = data[: size + len(_TRAILER)]
        if (
            size < _HEADER + _DIGEST_ENTRY.size
            or len(data) != size + len(_TRAILER) + length
            or not signed.endswith(_TRAILER)
            or said not in (length, length + len(_TRAILER))
        ):
            why = f"{key.method} does not make {said} octets behind {size} of a message of {len(data)}"
            raise DecodeError("auth-length", number, why)
        if not equal(data[len(signed) :], key.digest(signed)):
            raise DecodeError("auth-digest", number, "the digest is not that of this message and key")
        self._sequences.take(interface, source, key, sequence, now)
        return data[:_HEADER] + data[_HEADER + _DIGEST_ENTRY.size : size]

    # Beside the messages

    def connectivity_lost(self, interface: str) -> None:
        """The neighbours on that network were lost: one may come back with other numbers."""
        self._sequences.connectivity_lost(interface)

    def key_of(self, interface: str, source: Address, now: float) -> int | None:
        """The id of the key that a neighbour signs with; None where there is none."""
        return self._sequences.key_of(interface, source, now)

    def proof_of(self, interface: str, source: Address, now: float) -> str | None:
        """How a neighbour proves who it is: the method's word, or `password`; None where it does not."""
        if self._password:
            return "password"
        number = self.key_of(interface, source, now)
        return next((key.method for key in self._keyring.keys if key.number == number), None)
