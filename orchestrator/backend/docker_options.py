"""How Docker is to make networks and containers, whoever asks it: the orchestrator, or Compose by a file of ours."""

from __future__ import annotations

from catenet.nodes.control.segment import OVERHEAD

__all__ = [
    "DATA",
    "LOG_DRIVER",
    "LOG_OPTIONS",
    "NETWORK_OPTIONS",
    "SECURITY",
    "network_options",
    "overlay_options",
]

_BRIDGE = "com.docker.network.bridge."
NETWORK_OPTIONS = {
    f"{_BRIDGE}inhibit_ipv4": "true",  # the host gets no address on it, so nothing leaks
    f"{_BRIDGE}enable_ip_masquerade": "false",  # else packets of other LANs are rewritten and lost
    f"{_BRIDGE}gateway_mode_ipv4": "nat-unprotected",  # Docker 28 drops transit without it
    "com.docker.network.driver.mtu": "1500",
}
"""Of a bridge that carries transit traffic and to which the host itself does not belong."""


def network_options(mtu: int) -> dict[str, str]:
    """Of one that carries IP packets of so many octets at the most: its interfaces are made so, at each start anew."""
    return {**NETWORK_OPTIONS, "com.docker.network.driver.mtu": str(mtu)}


def overlay_options(mtu: int) -> dict[str, str]:
    """Of an overlay that carries IP packets of so many octets: Docker wants to know what the hosts' network carries."""
    return {"com.docker.network.driver.mtu": str(mtu + OVERHEAD)}


SECURITY = ("no-new-privileges",)
LOG_DRIVER = "json-file"
LOG_OPTIONS = {"max-size": "10m", "max-file": "2"}
DATA = "/lab"
"""Where a node sees the lab's folder."""
