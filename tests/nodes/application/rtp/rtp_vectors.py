"""The test vectors of RFC 3711 appendix B and RFC 7714 sections 16 and 17."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.application.rtp.keys import SessionKeys

SHORT_KEY, LONG_KEY = bytes(range(16)), bytes(range(32))
SALT = bytes.fromhex("51756964 2070726f 2071756f")


def keys(key: bytes) -> SessionKeys:
    """The vectors' session keys, as they stand there: nothing is derived."""
    return SessionKeys(key, SALT, key, SALT)


class Vector(NamedTuple):
    """A packet in the clear, and protected."""

    key: bytes
    clear: bytes
    protected: bytes


_GALLIA = bytes.fromhex("8040f17b 8041f8d3 5501a0b2") + b"Gallia est omnis divisa in partes tres"
_COMPOUND = bytes.fromhex(
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef"
    "deadbeef"
)

SSRC, SEQUENCE = 0x5501A0B2, 0xF17B
RTP = {
    "16.1.1": Vector(
        SHORT_KEY,
        _GALLIA,
        bytes.fromhex(
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b"
            "36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce"
        ),
    ),
    "16.2.1": Vector(
        LONG_KEY,
        _GALLIA,
        bytes.fromhex(
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f"
            "1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"
        ),
    ),
}
TAGGED_ONLY = _GALLIA + bytes.fromhex("22493f82 d2bce397 e9d79e3b 19aa4216")
"""16.1.3: authenticated, not encrypted."""

CONTROL_SSRC, CONTROL_INDEX = 0x4D617273, 0x5D4
RTCP = {
    "17.1": Vector(
        SHORT_KEY,
        _COMPOUND,
        bytes.fromhex(
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46"
            "86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4"
        ),
    ),
    "17.2": Vector(
        LONG_KEY,
        _COMPOUND,
        bytes.fromhex(
            "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658"
            "c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4"
        ),
    ),
}
CONTROL_TAGGED_ONLY = _COMPOUND + bytes.fromhex("841dd968 3dd78ec9 2ae58790 125f62b3 000005d4")
"""17.3: E = 0."""

MASTER = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
MASTER_SALT = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
DERIVED = {
    0: "C61E7A93744F39EE10734AFE3FF7A087",
    1: "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098"
    "6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2",
    2: "30CBBC08863D8C85D49DB34A9AE1",
}
"""RFC 3711 appendix B.3: label → what is derived."""
