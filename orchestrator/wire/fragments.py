"""One piece of a packet, as its IPv4 header says it (RFC 791 section 3.2). Pure."""

from __future__ import annotations

from typing import NamedTuple

from catenet.orchestrator.wire.layers import IPV4, Layers

__all__ = ["Fragment", "fragment_in"]


class Fragment(NamedTuple):
    """`octets`: that it carries, which begin at `offset` of the whole; `more`: others come behind it."""

    identification: int
    offset: int
    octets: int
    more: bool

    @property
    def end(self) -> int:
        """The octet of the whole that comes behind its last one."""
        return self.offset + self.octets


def fragment_in(layers: Layers) -> Fragment:
    """Of a frame that carries IPv4; a packet that is whole is one, too."""
    header = layers.header(IPV4)
    assert header is not None
    return Fragment(
        int(header.value("identification"), 16),
        int(header.value("fragment offset")),
        header.inside - header.end,
        "MF" in header.value("flags").split(),
    )
