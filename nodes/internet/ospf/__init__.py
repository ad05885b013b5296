"""OSPF version 2: routes by link state. A machine: no sockets, no clock; bytes and time in, actions out.

Files, in the order to read them:

    lsa.py    what a router says of itself: `Lsa`, its header, its checksum, which of two is newer (RFC 2328 A.4, 13.1)
    packet.py    the wire: the five packets, by hand (RFC 2328 A.3)
    service.py   the declaration
    config.py    `OspfOptions`, what a lab file may say
    expected.py    which routes a lab's routers should find
    authentication.py    who may speak: checksum, password, digest (RFC 2328 appendix D, RFC 5709)

Supported standards: RFC 2328, RFC 5709.
"""
