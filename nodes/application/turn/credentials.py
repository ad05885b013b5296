"""Credentials that need no list of accounts: whoever has the secret makes them, and the supernode checks them by it,
with no word between the two ("A REST API For Access To TURN Services", draft-uberti-behave-turn-rest-00 section 2.2;
coturn's `use-auth-secret`).

    username   EXPIRY:USER      the time, in seconds since 1970, until which it is good
    password   base64(HMAC-SHA1(secret, username))

Where a directory makes them, each supernode has a secret of its own, HMAC-SHA256(master, its address): one that is
taken over cannot make credentials for others.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.machine import Endpoint

__all__ = ["LEEWAY", "Credential", "Secrets", "User", "mint", "password_of", "secret_of"]

LEEWAY = 60.0
"""Seconds for which a credential is taken after its time, since clocks differ."""
_KEPT = 8  # secrets: a directory that begins anew has another one, and calls outlive it, however often it does
_NAME = re.compile(r"([0-9]{1,12}):(.{1,128})")


class Credential(NamedTuple):
    """As a TURN client uses it (RFC 8489 section 9.2)."""

    username: str
    password: str


class User(NamedTuple):
    """Who a username names: `name` is for whom its allocations count; `expires`: seconds since 1970."""

    name: str
    expires: int

    @classmethod
    def of(cls, username: str) -> User | None:
        """None: it is no username of this form."""
        match = _NAME.fullmatch(username)
        return cls(match[2], int(match[1])) if match is not None and username.isprintable() else None

    def is_due(self, wall: float) -> bool:
        """Whether its time is over; `wall`: seconds since 1970."""
        return wall > self.expires + LEEWAY


class Secrets:
    """With what the credentials of a supernode may have been made: the last ones of its directory."""

    def __init__(self, secret: bytes = b"") -> None:
        """b"": there is none yet, and so no good credential."""
        self._secrets: tuple[bytes, ...] = (secret,) if secret else ()

    def __iter__(self) -> Iterator[bytes]:
        """The last one first."""
        return iter(self._secrets)

    def take(self, secret: bytes) -> None:
        """Credentials are made with that from now on; b"": none are made, and those that were stay good."""
        if secret:
            self._secrets = (secret, *(each for each in self._secrets if each != secret))[:_KEPT]


def mint(secret: bytes, user: str, expires: float) -> Credential:
    """`expires`: in seconds since 1970."""
    username = f"{int(expires)}:{user}"
    return Credential(username, password_of(username, secret))


def password_of(username: str, secret: bytes) -> str:
    """The password that goes with a username."""
    return base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()


def secret_of(master: bytes, at: Endpoint) -> bytes:
    """A supernode's secret, 32 octets."""
    return hmac.digest(master, str(at).encode(), "sha256")
