"""IPv4 itself (RFC 791, RFC 1122, RFC 1812): the internet layer of a node whose stack is our own.

Files, from the wire up:

    checksum        the Internet checksum and its update (RFC 1071, RFC 1624), for protocols above, too
    header          `Header`: a packet's header, whole
    options         its options, of which the source routes are read whole
    recording       what a node writes into them: record route, timestamp; and whether they are right
    fragments       a packet is cut
    reassembly      `Reassembler`: and put together again, in bounded memory and time
    table           `ForwardingTable`: the longest prefix; which of several equal next hops
    interfaces      whose an address is: the node's own, a broadcast's, nobody's
    identification  `Identifications`: of a datagram that may be cut
    path_mtu        `PathMtus`: what routers have told of paths (RFC 1191)
    outcomes        what becomes of a packet: `Delivered`, `Outgoing`, `Trouble`
    forwarding      a router's part
    sending         a host's part
    layer           `Ipv4`: all of it, around which the stack stands (transport/stack)
    config          `Ipv4Options`

NAT, the program `source-route` and the simulated network stand on the codec alone: their nodes' kernels forward.

Timers: fragments wait 30 s for each other, a path's MTU is believed for 10 min, an identification is not used again for
120 s as far as 65,536 of them last.

Deviations:
- Overlapping fragments: "receivers must still support" them (RFC 6864 section 4.2), and this one drops the datagram, as
  the Linux kernel does, unless all of a fragment's octets are there already.
- Fragments wait 30 s, not 60 to 120 (RFC 1122 section 3.3.2); see reassembly.
- Source routes are refused unless the lab file says otherwise (RFC 1812 section 5.3.13.4 wants them followed; RFC 7126
  says why not). A packet whose source route leads nowhere is dropped silently, as by the Linux kernel; RFC 1812 section
  5.2.7.1 has the error "source route failed" for it, which is sent for a strict one alone.
- A pointer that is within the route data and not at an address's first octet is refused; the kernel takes it.
- Times in timestamps are those of the machine's clock, marked as no standard ones.
- Directed broadcasts are not forwarded (RFC 2644), multicast neither: no multicast routing. No redirects are sent.
- A path's MTU is never taken for less than 552 octets; see path_mtu.
- TOS chooses no route (RFC 1812 section 5.3.2); security and stream identifier options are passed as they are.

Where the Linux kernel, by which the tests judge, does otherwise than ours: it forwards from and to network 0 and class
E, and from a LAN's broadcast address (RFC 1812 section 5.3.7); leaves the reserved flag out of fragments (section
5.2.5); writes another of its addresses into timestamps (section 4.2.2.2); clears what is behind the end of the options;
cuts a fragment that has no whole units down to those; and drops a datagram for octets that it has already, where they
had come in pieces that it keeps apart.

Supported standards: RFC 791, RFC 1071, RFC 1122 section 3.2.1 and 3.3, RFC 1191,
RFC 1624, RFC 1812 sections 4.2, 5.2 and 5.3, RFC 2644, RFC 3021, RFC 3168 section 5.3, RFC 3927 section 2.7, RFC 6864.
"""
