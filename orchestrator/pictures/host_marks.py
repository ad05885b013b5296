"""How a picture tells hosts apart: a number and a colour each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catenet.orchestrator.pictures.elements import escaped, text
from catenet.orchestrator.pictures.picture import Picture

__all__ = ["LEGEND_HEIGHT", "STYLE", "colour", "legend", "legend_width", "mark"]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b05a8c", "#8a6d00", "#2f7fb8", "#7a3fb5", "#5b5b5b")
"""Most of them M. Okabe's and K. Ito's, which people who see fewer colours can tell apart; the number does it, too."""
LEGEND_HEIGHT = 24.0
_RADIUS, _LETTER, _GAP = 7.5, 7.6, 34.0
STYLE = ".digit{font-size:10px;font-weight:bold;fill:#fff;text-anchor:middle}.spans.lan{stroke-width:3.2}"


def colour(hosts: Sequence[str], host: str) -> str:
    """That of a host's mark; with more hosts than colours some have the same one."""
    return _COLOURS[hosts.index(host) % len(_COLOURS)]


def mark(x: float, y: float, host: str, picture: Picture) -> Iterator[str]:
    """A dot with the host's number, where the picture has several hosts and this one is known."""
    hosts = picture.hosts
    if host not in hosts:
        return
    yield (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{colour(hosts, host)}"><title>host {escaped(host)}'
        "</title></circle>"
    )
    yield text(x, y + 3.5, str(hosts.index(host) + 1), "digit")


def legend(x: float, y: float, picture: Picture) -> Iterator[str]:
    """The dots in a row, each with its host's name."""
    for host in picture.hosts:
        yield from mark(x + _RADIUS, y, host, picture)
        yield text(x + 2 * _RADIUS + 6, y + 4.5, host, "")
        x += _GAP + _LETTER * len(host)


def legend_width(picture: Picture) -> float:
    """How wide that row is."""
    return sum(_GAP + _LETTER * len(host) for host in picture.hosts)
