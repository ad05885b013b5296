"""UDP, the User Datagram Protocol (RFC 768): ports, a length and a checksum, and nothing else.

packet.py    the wire: `UdpPacket`, by hand

Who hears a datagram is decided where the ports are (transport/stack/ports.py).

Deviations from the RFCs, and what they leave open:

- What stands behind the length that the header says is cut off, as the kernel does; RFC 768 does not know it.
- A checksum is always sent (RFC 1122 section 4.1.3.4); a datagram without one, 0, is taken.

Supported standards: RFC 768, RFC 1122 section 4.1.
"""
