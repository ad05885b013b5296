"""ICMP: what hosts and routers tell each other about the network itself. The node's kernel answers; this is its codec.

Files:

    packet.py    the wire: `Echo` and its reply (RFC 792)
    error.py    `IcmpError`: an error, and the header of the packet that it quotes (RFC 792)

What it leaves open: the other messages of RFC 792. A translator reads those that are errors by itself (`nat`).

Supported standards: RFC 792 (Echo or Echo Reply, and the errors).
"""
