"""Names of nodes, as short as they can be without being another one's."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["short_names"]


def short_names(nodes: Iterable[str]) -> dict[str, str]:
    """For each node the fewest labels of its name that no other node's begins with: surf, dns.cs, a.root-servers."""
    labels = {node: node.split(".") for node in nodes}
    short = {}
    for node, own in labels.items():
        others = [other for name, other in labels.items() if name != node]
        lengths = range(1, len(own) + 1)
        least = next((n for n in lengths if not any(other[:n] == own[:n] for other in others)), len(own))
        short[node] = ".".join(own[:least])
    return short
