"""The Internet checksum once more, for what tests compare ours with: it shares no code with it."""

from __future__ import annotations


def word_by_word(message: bytes) -> int:
    """RFC 1071 section 4.1, as it is written there."""
    message += bytes(len(message) % 2)
    total = sum(high << 8 | low for high, low in zip(message[::2], message[1::2], strict=True))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
