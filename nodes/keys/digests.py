"""How a message's digest is made of the message and a key, by each algorithm that RFC 4822 section 4 and
RFC 5709 section 3 name.

What makes them, OpenSSL, is imported by the first digest: a router without keys is four megabytes smaller without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["LONGEST_KEY", "METHODS", "Method", "equal"]

LONGEST_KEY = 256
"""Octets of a key: more than any method needs."""
_APAD = bytes.fromhex("878fe1f3")


class Method(NamedTuple):
    """An algorithm. `length`: the octets of its digest; `longest`: those that a key may have.

    `prepare` makes the key as long as the digest; `digest` takes that, and the message up to where the digest goes.
    """

    length: int
    longest: int
    prepare: Callable[[bytes], bytes]
    digest: Callable[[bytes, bytes], bytes]


def equal(given: bytes, wanted: bytes) -> bool:
    """Whether they are the same; how long that takes tells nothing of what they are."""
    import hmac

    return hmac.compare_digest(given, wanted)


def _hmac(name: str, length: int) -> Method:
    """`length`: of its hash, "L" in RFC 4822 section 2.5, in octets."""

    def prepare(key: bytes) -> bytes:
        """ "If the Authentication Key is more than L octets long, then Ko is set to H(Authentication Key). If […] less
        than L octets long, then Ko is set to the Authentication Key with zeros appended" (2.5).
        """
        import hashlib

        return (hashlib.new(name, key).digest() if len(key) > length else key).ljust(length, b"\0")

    def digest(prepared: bytes, message: bytes) -> bytes:
        """ "First, the RIPv2 packet's Authentication Data field is filled with the value Apad." (2.5)."""
        import hmac

        return hmac.digest(prepared, message + _APAD * (length // len(_APAD)), name)

    return Method(length, LONGEST_KEY, prepare, digest)


def _md5(prepared: bytes, message: bytes) -> bytes:
    """ "The RIPv2 Authentication Key is appended to the RIPv2 packet in memory." (2.4); the pad is MD5's own."""
    import hashlib

    return hashlib.md5(message + prepared, usedforsecurity=False).digest()


_MD5 = 16

METHODS: Mapping[str, Method] = {
    # "The RIPv2 Authentication Key is always 16 octets when "Keyed-MD5" is in use." (2.4)
    "md5": Method(_MD5, _MD5, lambda key: key.ljust(_MD5, b"\0"), _md5),
    "hmac-sha-1": _hmac("sha1", 20),
    "hmac-sha-256": _hmac("sha256", 32),
    "hmac-sha-384": _hmac("sha384", 48),
    "hmac-sha-512": _hmac("sha512", 64),
}
"""A lab file's word for an algorithm → the algorithm."""
