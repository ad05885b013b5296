"""The network that an LSA speaks of: an address and a mask, as a prefix."""

from __future__ import annotations

from functools import lru_cache

from catenet.nodes.address import Address, Prefix, mask

__all__ = ["network"]

_LENGTHS = {mask(length): length for length in range(33)}


@lru_cache(maxsize=1 << 16)
def network(address: int, network_mask: int) -> Prefix | None:
    """ "N's address is obtained by masking the LSA's Link State ID with the network/subnet mask" (RFC 2328, 16.2).

    None: no packet is routed there. The mask is not contiguous, or it is no network of hosts (RFC 1812 section 5.3.7).
    """
    length = _LENGTHS.get(network_mask)
    if length is None:
        return None
    prefix = Prefix(Address(address & network_mask), length)
    return prefix if length == 0 or prefix.network.is_unicast else None
