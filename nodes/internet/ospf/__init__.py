"""OSPF version 2: routes by link state. A machine: no sockets, no clock; bytes and time in, actions out.

Files, in the order to read them:

    lsa.py    what a router says of itself: `Lsa`, its header, its checksum, which of two is newer (RFC 2328 A.4, 13.1)
    packet.py    the wire: the five packets, by hand (RFC 2328 A.3)
    authentication.py    who may speak: checksum, password, digest (RFC 2328 appendix D, RFC 5709)

Deviations from the RFC, and what it leaves open:

- Metrics by Type of Service are read over, and never sent (RFC 2328 section 12.3 keeps them for older routers alone).
- An LSA with the reserved sequence number, or whose body is not whole, is left out like one with a wrong checksum.
- The sequence number of a signed packet is the time of day in seconds, or one above the last on that interface. After a
  restart it may be below that, if over a packet a second was sent: then neighbours that still know the old one do not
  listen for RouterDeadInterval at most (section D.3 expects so of a rollover).
- Nothing is kept of the neighbours' numbers when this router restarts, or when a neighbour goes down: an old packet of
  theirs may be taken until a newer one has come. 256 neighbours' numbers are remembered at most.
- A router has the same keys on all its networks, and they change with its lab file (RFC 5709 section 3.2).

Supported standards: RFC 2328, RFC 5709.
"""
