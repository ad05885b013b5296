"""Ethernet: what every protocol on it has to know of its frames.

hardware.py    the types of frames that an IPv4 node hears, and hardware addresses: of one interface, of all, of a group

It is a leaf that the other rooms may import. Frames are `Frame` of the contract (nodes/units); sockets take and give
them (nodes/runtime/frames.py). Tags (IEEE 802.1Q) and the length form of IEEE 802.3 are not of it.

Supported standards: RFC 894 (IPv4 and ARP in frames with a type), RFC 1112 section 6.4 (groups).
"""
