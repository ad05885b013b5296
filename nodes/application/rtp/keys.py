"""The keys of SRTP: a master key for each direction, and what is derived from it (RFC 3711 section 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

__all__ = ["SALT", "Label", "MasterKey", "SessionKeys", "derive"]

SALT = 12
"""Octets of a salt (RFC 7714 section 12)."""


class Label(IntEnum):
    """What a derived key is for (RFC 3711 sections 4.3.1 and 4.3.2). An AEAD needs no authentication keys, 1 and 4."""

    SRTP_KEY = 0
    SRTP_SALT = 2
    SRTCP_KEY = 3
    SRTCP_SALT = 5


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Of one direction of one session: never used for another. 16 octets (AEAD_AES_128_GCM) or 32
    (AEAD_AES_256_GCM), and a salt of 12. It does not print them.

    Raises:
        ValueError: of other lengths.

    """

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) not in (16, 32) or len(self.salt) != SALT:
            raise ValueError(f"a master key of {len(self.key)} octets, a salt of {len(self.salt)}: not 16 or 32, 12")

    def session_keys(self) -> SessionKeys:
        """What is derived from it: keys as long as it is."""
        lengths = {
            Label.SRTP_KEY: len(self.key),
            Label.SRTP_SALT: SALT,
            Label.SRTCP_KEY: len(self.key),
            Label.SRTCP_SALT: SALT,
        }
        return SessionKeys(*(derive(self.key, self.salt, label, octets) for label, octets in lengths.items()))


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What packets are encrypted with, and what is XORed to their nonces. It does not print them."""

    data_key: bytes = field(repr=False)
    data_salt: bytes = field(repr=False)
    control_key: bytes = field(repr=False)
    control_salt: bytes = field(repr=False)


def derive(key: bytes, salt: bytes, label: int, octets: int) -> bytes:
    """AES-CM PRF: a session key of so many octets (section 4.3.3; RFC 6188 for keys of 32 octets). The key derivation
    rate is 0: it is done once.

    A salt of 12 octets stands on the left, before zeros: RFC 7714 leaves its place in 14 octets open, and libsrtp,
    and so everyone, has it there.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    # "x = key_id XOR master_salt", times 2^16: the label is the eighth octet of a block of 16.
    block = int.from_bytes(salt.ljust(16, b"\0"), "big") ^ label << 64
    return Cipher(algorithms.AES(key), modes.CTR(block.to_bytes(16, "big"))).encryptor().update(bytes(octets))
