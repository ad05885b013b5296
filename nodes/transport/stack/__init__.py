"""A node's stack as one machine: frames in, frames out, and the ports of the services above it.

Files, in the order to read them:

    machine.py    `Stack`: hands on between ARP, IPv4, ICMP and the ports
    ports.py    `Ports`: who may open which, who hears what
    sending.py    from a port to IPv4: source, interface, TTL, TOS, DF
    delivering.py    from IPv4 to the ports, or back to the sender: nobody hears
    telling.py    ICMP: errors that are sent, echoes that are answered, errors that are heard
    relay.py    the hot path of a router: ordinary packets are passed on where they lie, and never come to `receive`
    answering.py    that of a server: ordinary datagrams whose answers are at hand are answered where they lie
    ways.py    what these two have in common
    paths.py    which news of a path's MTU is believed
    show.py    its tables
    config.py    `StackOptions`
    service.py    the declaration of the service `stack`, which no lab file names: a node's `stack: userspace` does

Deviations from the RFCs, and what they leave open:

- An ICMP error comes from the interface by which the packet came in, not from that by which the error goes out (RFC
  1812 section 4.3.2.4), as in the labs' kernels: traceroute then shows the way there. Where ARP has found nobody it is
  the interface towards the source, as by then nobody knows any more how the packet came.
- Redirects are neither sent (RFC 1812 section 5.2.7.2 wants a router to) nor followed (RFC 1122 section 3.2.2.2 wants
  a host to): routes come from the lab file and from routing protocols. Source quenches neither (RFC 6633).
- Of an Echo with a record route the answer has this host once; the Linux kernel writes itself in twice, and into errors
  too. What is quoted is what came, with what stands behind a datagram's length; the kernel cuts that off.
- Timestamp, Information and Address Mask requests are not answered.
- A port hears nothing of ICMP errors about what it has sent, as an unconnected socket in the kernel (RFC 1122 section
  4.1.3.3 wants that); a port of `Ip(1)` hears all of ICMP.
- A "fragmentation needed" is believed only where it quotes what was sent within the last minute.
- Router: directed broadcasts are not forwarded (RFC 2644). An Echo to a broadcast or group address is answered (RFC
  1122 section 3.2.2.6 lets it), from the interface's own address.
- All interfaces' addresses are taken on any interface (the weak host model, RFC 1122 section 3.3.4.2; RFC 1812 section
  5.2.3 wants that of a router), while ARP answers for each interface's own alone.
- Groups: 224.0.0.1 always, others by `JoinGroup`. There is no IGMP: groups beyond 224.0.0.0/24 may not pass a switch
  that listens to it.

Supported standards: RFC 1122 sections 3.2.2, 3.3.4, 4.1; RFC 1812 sections 4.3, 5.2.7; RFC 1191 (host); RFC 1112 level
2 without IGMP; RFC 1027.
"""
