"""What a client shows a supernode: a name and a password that the directory makes and the supernode can check, with no
word between the two ("A REST API for access to TURN services", draft-uberti-behave-turn-rest-00 section 2.2).

    username   EXPIRY:USER      the time, in seconds since 1970, until which it is good
    password   base64(HMAC-SHA1(secret, username))

Each supernode has a secret of its own, HMAC-SHA256(master, its address): one that is taken over cannot make credentials
for others. The master is in memory alone, drawn at the directory's start.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import NamedTuple

from catenet.nodes.machine import Endpoint

__all__ = ["Credential", "mint", "secret_of"]


class Credential(NamedTuple):
    """As a TURN client uses it (RFC 8489 section 9.2)."""

    username: str
    password: str


def mint(secret: bytes, user: str, expires: float) -> Credential:
    """`expires`: in seconds since 1970."""
    username = f"{int(expires)}:{user}"
    return Credential(username, b64encode(hmac.digest(secret, username.encode(), "sha1")).decode())


def secret_of(master: bytes, at: Endpoint) -> bytes:
    """A supernode's secret, 32 octets."""
    return hmac.digest(master, str(at).encode(), "sha256")
