"""Credentials that need no list of accounts: whoever has the secret makes them, and the supernode checks them by it.

The user's name is EXPIRY:USER, the expiry in seconds since 1970; the password is the HMAC-SHA1 of the name by the
secret, in base64 ("A REST API For Access To TURN Services", draft-uberti-behave-turn-rest-00 section 2.2), as coturn's
`use-auth-secret` has it.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import NamedTuple

__all__ = ["LEEWAY", "User", "password_of"]

LEEWAY = 60.0
"""Seconds for which a credential is taken after its time, since clocks differ."""
_NAME = re.compile(r"([0-9]{1,12}):(.{1,128})")


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


def password_of(username: str, secret: bytes) -> str:
    """The password that goes with a username."""
    return base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()
