"""`Prover`: what the authentication of every protocol has: a password or a keyring, and the time of day."""

from __future__ import annotations

from collections.abc import Iterable

from catenet.nodes.keys.key import Key
from catenet.nodes.keys.keyring import Keyring
from catenet.nodes.machine import DecodeError, Json, Report

__all__ = ["Prover", "key_in"]

_OF_A_KEY = ("auth-key", "auth-expired", "auth-length", "auth-digest", "auth-sequence")


class Prover:
    """A router that proves who it is, and has others prove it. How, on the wire, is its protocol's affair."""

    def __init__(self, proof: bytes | tuple[Key, ...], epoch: float, protocol: str, *, fail_secure: bool) -> None:
        """`proof`: what `read_auth` gives. `epoch`: seconds since 1970 when the machine's clock was 0. `protocol`: its
        name, for people.
        """
        self._password = proof if isinstance(proof, bytes) else b""
        self._keyring = Keyring(() if isinstance(proof, bytes) else proof, fail_secure=fail_secure)
        self._epoch = epoch
        self._protocol = protocol
        self.next_change = 0.0
        """When `take_reports` has something to tell, on the machine's clock."""

    def take_reports(self, lans: Iterable[str], now: float) -> list[Report]:
        """What has become of the keys since the last call."""
        at = self._epoch + now
        self.next_change = self._keyring.next_change(at) - self._epoch
        return list(self._keyring.reports(at, lans, self._protocol))

    def status(self, now: float) -> list[Json]:
        """The keys, for `show`."""
        return self._keyring.status(self._epoch + now)


def key_in(error: DecodeError) -> int | None:
    """The id of the key that a refused message names; None where it names none."""
    return error.value if error.field in _OF_A_KEY and isinstance(error.value, int) else None
