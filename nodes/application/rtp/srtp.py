"""SRTP and SRTCP with AES-GCM (RFC 3711, RFC 7714).

    SRTP:   RTP header, CSRCs, extension | cipher | tag (16)                       the header is authenticated only
    SRTCP:  the first 8 octets of the compound | cipher | tag (16) | E, index (4)  and so are E and index
                                                                                   E = 0: so is all, and no cipher

The nonce of both, with the salt XORed to it (RFC 7714 sections 8.1 and 9.1):

      0  1  2  3  4  5  6  7  8  9 10 11
    +--+--+--+--+--+--+--+--+--+--+--+--+        index: of SRTP 48 bits, rollover counter and sequence number;
    |00|00|    SSRC   |      index      |        of SRTCP 31 bits
    +--+--+--+--+--+--+--+--+--+--+--+--+

A nonce that is used twice under one key opens the whole stream (RFC 7714 section 6), so the sender counts itself, and
nobody can set it back.
"""

from __future__ import annotations

from catenet.nodes.application.rtp.keys import SessionKeys
from catenet.nodes.application.rtp.packet import BARE, HEADER, VERSION, payload_start
from catenet.nodes.application.rtp.replay import ReplayList
from catenet.nodes.machine import DecodeError

__all__ = ["MOST_CONTROLS", "MOST_PACKETS", "TAG", "SrtpReceiver", "SrtpSender"]

TAG = 16
MOST_PACKETS, MOST_CONTROLS = 1 << 48, 1 << 31
"""Under one key (RFC 7714 section 12)."""
_SEQUENCES = 1 << 16
_FIXED = 8
"""Octets of an RTCP packet before what is encrypted: header and SSRC."""
_WORD = 4
_ENCRYPTED = 1 << 31


class _Direction:
    """The ciphers of one direction, and what its nonces have in common."""

    def __init__(self, keys: SessionKeys, ssrc: int) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.ssrc = ssrc
        self.data, self.control = AESGCM(keys.data_key), AESGCM(keys.control_key)
        self.data_nonce = int.from_bytes(keys.data_salt, "big") ^ ssrc << 48
        self.control_nonce = int.from_bytes(keys.control_salt, "big") ^ ssrc << 48


class SrtpSender:
    """What one source sends under one key, from this index (rollover counter · 65,536 + sequence number) on."""

    def __init__(self, keys: SessionKeys, ssrc: int, index: int, control_index: int = 0) -> None:
        self._keys = _Direction(keys, ssrc)
        self._index = index
        self._control_index = control_index

    def protect(self, mark_and_type: int, timestamp: int, payload: bytes) -> bytes:
        """The next packet; `mark_and_type`: the second octet of its header.

        Raises:
            ValueError: the key has been used for 2^48 packets.

        """
        index, keys = self._index, self._keys
        if index >= MOST_PACKETS:
            raise ValueError("SRTP: the key is used up; 2^48 packets")
        self._index = index + 1
        header = HEADER.pack(BARE, mark_and_type, index % _SEQUENCES, timestamp, keys.ssrc)
        return header + keys.data.encrypt((keys.data_nonce ^ index).to_bytes(12, "big"), payload, header)

    def protect_control(self, compound: bytes) -> bytes:
        """A compound RTCP packet, encrypted.

        Raises:
            ValueError: the key has been used for 2^31 packets.

        """
        index, keys = self._control_index, self._keys
        if index >= MOST_CONTROLS:
            raise ValueError("SRTCP: the key is used up; 2^31 packets")
        self._control_index = index + 1
        head, word = compound[:_FIXED], (_ENCRYPTED | index).to_bytes(_WORD, "big")
        nonce = (keys.control_nonce ^ index).to_bytes(12, "big")
        return head + keys.control.encrypt(nonce, compound[_FIXED:], head + word) + word


class SrtpReceiver:
    """What one source sends under one key, from this index on."""

    def __init__(self, keys: SessionKeys, ssrc: int, index: int) -> None:
        from cryptography.exceptions import InvalidTag

        self._keys = _Direction(keys, ssrc)
        self._packets = ReplayList(index - 1)
        self._controls = ReplayList()
        self._invalid = InvalidTag

    def unprotect(self, data: bytes) -> bytes:
        """An SRTP packet → the RTP packet.

        Raises:
            DecodeError: too short, of another source, received already or too old ("index"), or forged ("tag"). Then
                nothing has changed.

        """
        keys, start = self._keys, payload_start(data)
        if len(data) < start + TAG:
            raise DecodeError("length", len(data), "no room for the tag")
        if int.from_bytes(data[8:12], "big") != keys.ssrc:
            raise DecodeError("ssrc", int.from_bytes(data[8:12], "big"), "a stranger's")
        index = self._estimate(int.from_bytes(data[2:4], "big"))
        if not self._packets.takes(index):
            raise DecodeError("index", index, "received already, or too old")
        header, nonce = data[:start], (keys.data_nonce ^ index).to_bytes(12, "big")
        try:
            payload = keys.data.decrypt(nonce, data[start:], header)
        except self._invalid:
            raise DecodeError("tag", index, "forged") from None
        self._packets.add(index)
        return header + payload

    def unprotect_control(self, data: bytes) -> bytes:
        """An SRTCP packet → the compound RTCP packet. It may be authenticated only (E = 0).

        Raises:
            DecodeError: as of `unprotect`.

        """
        keys = self._keys
        if len(data) < _FIXED + TAG + _WORD:
            raise DecodeError("length", len(data), "no room for a header, the tag and the index")
        if data[0] >> 6 != VERSION:
            raise DecodeError("version", data[0] >> 6)
        if int.from_bytes(data[4:8], "big") != keys.ssrc:
            raise DecodeError("ssrc", int.from_bytes(data[4:8], "big"), "a stranger's")
        word = int.from_bytes(data[-_WORD:], "big")
        index = word & ~_ENCRYPTED
        if not self._controls.takes(index):
            raise DecodeError("index", index, "received already, or too old")
        # What is authenticated only: up to here, and the last word.
        until = _FIXED if word & _ENCRYPTED else len(data) - TAG - _WORD
        nonce = (keys.control_nonce ^ index).to_bytes(12, "big")
        try:
            rest = keys.control.decrypt(nonce, data[until:-_WORD], data[:until] + data[-_WORD:])
        except self._invalid:
            raise DecodeError("tag", index, "forged") from None
        self._controls.add(index)
        return data[:until] + rest

    def _estimate(self, sequence: int) -> int:
        """The index with that sequence number that is closest to the highest one (RFC 3711 section 3.3.1). Of two as
        close the one ahead: the other would be too old."""
        after, half = self._packets.highest + 1, _SEQUENCES // 2
        return after + (sequence - after + half) % _SEQUENCES - half
