"""The settings of a node's kernel that its engine makes: /proc/sys is read-only inside."""

from __future__ import annotations

from catenet.nodes.catalogue import declared
from catenet.orchestrator.lab.model import Node

__all__ = ["sysctls"]

SYSCTLS = {
    # A packet may come in by one leg and its answer leave by another, and a capture must show what was sent.
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    # A ping to all of a LAN is answered by all of it, as it was (RFC 1122 section 3.2.2.6 allows both).
    "net.ipv4.icmp_echo_ignore_broadcasts": "0",
    # Traceroute sends many probes at once and wants the address of the leg that each came in by.
    "net.ipv4.icmp_ratelimit": "0",
    "net.ipv4.icmp_errors_use_inbound_ifaddr": "1",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
}

SOURCE_ROUTES = ("net.ipv4.conf.all.accept_source_route", "net.ipv4.conf.default.accept_source_route")
"""A packet with a source route is dropped unless both `all` and its interface's own say otherwise: that one is set by
the node itself, since `default` counts for interfaces that come later."""

ALL_ARP_IGNORE = "net.ipv4.conf.all.arp_ignore"
USERSPACE = {
    # The node's own stack forwards and answers. The kernel is silent until its addresses have gone: at a start and at a
    # reconnect the engine gives it some.
    "net.ipv4.ip_forward": "0",
    **dict.fromkeys(SOURCE_ROUTES, "0"),
    ALL_ARP_IGNORE: "8",
    "net.ipv4.conf.default.arp_ignore": "8",
    "net.ipv4.icmp_echo_ignore_all": "1",
}
"""For a node on the userspace stack, beside the others."""

GUARDED = {"net.ipv4.ip_local_port_range": "64512 65535"}
"""For a node with a service that sees each packet which crosses it, beside the others."""


def sysctls(node: Node, *, on_underlay: bool = False) -> dict[str, str]:
    """`on_underlay`: the node has segments. Their packets are the kernel's affair on any stack, so that it answers ARP
    there: of `all` and an interface's own setting it takes the greater.

    Where a service is to see each packet that crosses the node, the node itself lets them cross, by each interface,
    once none can pass the service by. And its own connections are not from ports that the service may give away."""
    guarded = any(each.guards for each in declared(node.services))
    forward = {"net.ipv4.ip_forward": "1" if node.forward and not guarded else "0"}
    source_routes = dict.fromkeys(SOURCE_ROUTES, "1" if node.source_routes == "follow" else "0")
    own = dict(USERSPACE) if node.stack == "userspace" else {}
    if on_underlay:
        own.pop(ALL_ARP_IGNORE, None)
    return {**forward, **source_routes, **SYSCTLS, **(GUARDED if guarded else {}), **own}
