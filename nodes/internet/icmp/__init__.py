"""ICMP: what hosts and routers tell each other about the network itself.

Files:

    packet.py    the wire: `Echo` and its reply (RFC 792)
    error.py    the wire: `IcmpError`, an error and the packet that it quotes; `error_about` makes one
    limits.py    about what no error may be sent
    responder.py    what an Echo is answered
    config.py    `IcmpOptions`
    prober.py    `Ping` and `Trace`: machines that ask the network, on either stack

Where a node's stack is the kernel's, that speaks ICMP, and this is the codec of who listens; where it is ours, the
stack does (transport/stack/telling.py), and has there what it leaves open. A translator reads errors by itself (`nat`).

Supported standards: RFC 792 (Echo, its reply, and the errors without redirect and source quench), RFC 1122 section
3.2.2, RFC 1812 sections 4.3.2.3, 4.3.2.7 and 4.3.2.8, RFC 1191 section 4.
"""
