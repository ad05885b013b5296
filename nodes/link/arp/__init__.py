"""ARP: which hardware address an IPv4 address of the link has.

packet.py    the wire: `ArpPacket`, by hand

The kernel resolves addresses; a node of ours only announces its own (nodes/runtime/announce.py).

Supported standards: RFC 826 for IPv4 on Ethernet; of RFC 5227 the announcement (sections 1.1 and 2.3).
"""
