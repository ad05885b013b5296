"""How Docker is to make networks and containers, whoever asks it: the orchestrator, or Compose by a file of ours."""

from __future__ import annotations

__all__ = ["DATA", "LOG_DRIVER", "LOG_OPTIONS", "MTU", "NETWORK_OPTIONS", "SECURITY"]

MTU = 1500
"""Bytes of an IP packet that every LAN carries."""
_BRIDGE = "com.docker.network.bridge."
NETWORK_OPTIONS = {
    f"{_BRIDGE}inhibit_ipv4": "true",  # the host gets no address on it, so nothing leaks
    f"{_BRIDGE}enable_ip_masquerade": "false",  # else packets of other LANs are rewritten and lost
    f"{_BRIDGE}gateway_mode_ipv4": "nat-unprotected",  # Docker 28 drops transit without it
    "com.docker.network.driver.mtu": str(MTU),
}
"""Of a bridge that carries transit traffic and to which the host itself does not belong."""

SECURITY = ("no-new-privileges",)
LOG_DRIVER = "json-file"
LOG_OPTIONS = {"max-size": "10m", "max-file": "2"}
DATA = "/lab"
"""Where a node sees the lab's folder."""
