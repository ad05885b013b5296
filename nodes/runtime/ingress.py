"""A LAN whose frames are dropped as they come in, before any protocol sees them, ARP too; the carrier stays.

A capture inside the node still shows what the neighbours send, since tcpdump hears a frame before it is dropped. What
is dropped is asked of the kernel: nothing is remembered here, so a node that is started again drops nothing.
"""

from __future__ import annotations

from contextlib import closing, suppress

from catenet.nodes.runtime.netlink.client import Filter
from catenet.nodes.runtime.netlink.filtering import Dropped

__all__ = ["allow_ingress", "drop_ingress", "dropping", "rule_of"]


def drop_ingress(lan: str, device: str) -> None:
    """From now on the LAN's device drops every frame that comes in.

    Raises:
        OSError: the kernel refuses; it needs nf_tables, since iptables can drop no ARP.

    """
    try:
        with closing(Filter()) as nftables:
            nftables.drop(rule_of(lan, device))
    except OSError as error:
        why = f"{error.strerror} (the kernel needs CONFIG_NF_TABLES_NETDEV, and the node NET_ADMIN)"
        raise OSError(error.errno, why) from error


def allow_ingress(lan: str) -> None:
    """It drops nothing any more; that it did not is no error."""
    with suppress(OSError), closing(Filter()) as nftables:
        nftables.allow(_table(lan))


def dropping() -> list[Dropped]:
    """What drops now, of all LANs, and whatever else there is; nothing on a kernel that has no nf_tables."""
    with suppress(OSError), closing(Filter()) as nftables:
        return nftables.dropped()
    return []


def rule_of(lan: str, device: str) -> Dropped:
    """That by which the LAN's device drops what comes in, where it does (`dropping`)."""
    return Dropped(_table(lan), device)


def _table(lan: str) -> str:
    return f"silent-{lan}"
