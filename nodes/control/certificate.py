"""Which certificate a service shows where it speaks TLS, and how its node is told of it.

The lab's authority makes it, outside (orchestrator/plan); a service's declaration names the option that says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from catenet.nodes.machine import Json

__all__ = ["PRIVATE_KEY", "Certificate", "Tls"]

Tls = Literal["off", "on", "expired", "wrong-name", "stranger"]
"""Whether a service speaks TLS, and with which certificate: a good one; one whose time is over; one for another name;
one of an authority that nobody trusts."""
PRIVATE_KEY = "private_key"
"""The field of what is told that nobody else may read."""


class Certificate(NamedTuple):
    """A certificate with its private key, both as PEM (RFC 7468)."""

    certificate: str
    private_key: str

    def to_json(self) -> dict[str, Json]:
        """For `told` of the service (control/config)."""
        return self._asdict()

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> Certificate | None:
        """That of which the service was told; None: of none."""
        found = [told.get(field) for field in cls._fields]
        return cls(*map(str, found)) if all(found) else None
