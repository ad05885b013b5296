"""The sibling contract: a protocol on a byte stream, one instance for each connection."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from catenet.nodes.units import Report

__all__ = ["Breakable", "Stream", "Throttled"]


class Stream(Protocol):
    """A protocol on a byte stream, one instance for each connection."""

    def receive_data(self, data: bytes, now: float) -> None:
        """Bytes came in, in any slicing."""

    def receive_eof(self, now: float) -> None:
        """The peer will send no more."""

    def data_to_send(self) -> bytes:
        """The bytes to be written now; empty when there are none."""

    def next_wake(self) -> float | None:
        """When `wake` should be called: an idle timeout, for example."""

    def wake(self, now: float) -> None:
        """Do what has fallen due."""

    @property
    def finished(self) -> bool:
        """Once true, and once `data_to_send` is empty, the connection is to be closed."""

    def take_reports(self) -> list[Report]:
        """What the user should be told since the last call."""


@runtime_checkable
class Throttled(Protocol):
    """A stream that bounds what it holds of what has come."""

    @property
    def wants_data(self) -> bool:
        """Whether more is to be received now; else what the peer sends is left to wait outside."""


@runtime_checkable
class Breakable(Protocol):
    """A stream to which the loss of its connection is another thing than its end."""

    def give_up(self) -> None:
        """The connection was reset or cut off, or its TLS is broken: nothing more comes or goes."""
