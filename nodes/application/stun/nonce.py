"""Nonces of the long-term credential mechanism, and the nonce cookie (RFC 8489 section 9.2).

    obMatJos2 gAAA AAABjPNjKZbLvVqmqGvV4T3u
    |         |    six octets of the time at which it ends, twelve of an HMAC over that and the client; in base64
    |         the security features, 24 bits; in base64
    "nonce cookie", with the features

Nothing is kept: the HMAC says that the server made it, for this client. So there is nothing that a flood could fill.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from enum import IntFlag

from catenet.nodes.machine import Endpoint

__all__ = ["Feature", "Nonces", "features"]

_COOKIE = b"obMatJos2"
_FEATURES_END = len(_COOKIE) + 4
_TIME_SIZE, _PROOF_SIZE = 6, 12


class Feature(IntFlag):
    """Security features (section 18.1): "Bit 0 is the leftmost bit"."""

    PASSWORD_ALGORITHMS = 1 << 23
    USERNAME_ANONYMITY = 1 << 22


def features(nonce: bytes) -> Feature:
    """The features in a nonce's cookie; none where it has no cookie: it is of a server of RFC 5389."""
    if not nonce.startswith(_COOKIE) or len(nonce) < _FEATURES_END:
        return Feature(0)
    try:
        bits = b64decode(nonce[len(_COOKIE) : _FEATURES_END], validate=True)
    except ValueError:
        return Feature(0)
    known = Feature.PASSWORD_ALGORITHMS | Feature.USERNAME_ANONYMITY
    return Feature(int.from_bytes(bits, "big") & known)


class Nonces:
    """A server's nonces: each for one client, for a time. "The server MUST NOT choose the same NONCE for two requests
    unless they have the same source IP address and port" (section 9.2.4)."""

    def __init__(self, secret: bytes, lifetime: float = 600.0) -> None:
        """`secret`: what nobody else knows, 16 octets or more, another one at each start. `lifetime`: seconds."""
        self._secret = secret
        self._lifetime = lifetime

    def make(self, client: Endpoint, now: float) -> bytes:
        """A new one for the client at that address and port: 37 octets."""
        return self._of(client, int((now + self._lifetime) * 1000))

    def holds(self, nonce: bytes, client: Endpoint, now: float) -> bool:
        """Whether it was made for that client, and is not over."""
        try:
            data = b64decode(nonce[_FEATURES_END:], validate=True)
        except ValueError:
            return False
        end = int.from_bytes(data[:_TIME_SIZE], "big")
        return hmac.compare_digest(nonce, self._of(client, end)) and now * 1000 < end

    def _of(self, client: Endpoint, end: int) -> bytes:
        """`end`: in milliseconds."""
        time = end.to_bytes(_TIME_SIZE, "big")
        proof = hmac.digest(self._secret, client.address.pack() + client.port.to_bytes(2, "big") + time, "sha256")
        return _PREFIX + b64encode(time + proof[:_PROOF_SIZE])


_PREFIX = _COOKIE + b64encode(Feature.PASSWORD_ALGORITHMS.to_bytes(3, "big"))
