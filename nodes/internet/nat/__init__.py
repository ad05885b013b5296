"""NAT: hosts inside are known outside by one address, and its ports tell them apart. Or a firewall: addresses stay.

A machine to which each packet that crosses the node is given: bytes in, bytes out, or nothing. Files, in the order to
read them:

    header.py    a packet's ends, read and rewritten, and its checksums with them
    ports.py    `PortPool`: which outside port a mapping gets
    mapping.py   `Mappings` of inside endpoints to outside ones, each with a `Session` for each peer; their bounds
    tcp.py    a connection's states, as a table
    filtering.py   `Filter`: who is let in; what a packet does to its session
    icmp.py    ICMP errors, translated with the packet in them
    refusals.py    `Refused`; what is dropped is counted, told once, and answered where that is due
    unsolicited.py    connections that were not let in: their senders are told after 6 s
    translator.py    `Translator`: outbound, inbound, hairpinned
    flow.py    `Flow`: packets of a known flow, by a look-up
    roles.py    `Roles`: which LAN is outside, which are inside
    machine.py    `NatMachine`: which packet is which, by where it waits and its LANs
    reports.py    events and `show nat`
    service.py    the declaration
    config.py    `NatOptions`, what a lab file may say

Where packets wait, and what for: those to the outside address before they are routed (`Hook.ARRIVING`), inbound or
hairpinned; those from inside to outside after that (`FORWARDING`), so that the kernel has judged their way, TTL and
length; the kernel's own ICMP errors as they leave (`LEAVING`), because those about a translated packet have its inside
address in them.

Timers, in seconds, all options but the last two:

    udp_timeout        300    without a packet from inside; what comes in refreshes nothing
    icmp_timeout       60     without a query from inside
    tcp_established    7440   without a segment, of a connection that both ends have acknowledged
    tcp_opening        240    likewise before that
    tcp_closing        240    likewise when both ends have closed it, or one has reset it
    (unsolicited)      6      from a SYN that is not let in to the ICMP error that says so (RFC 5382 REQ-4)
    (told)             60     from a refusal that is told to the next one for the same reason

A mapping lives as long as one of its sessions does. Two translators, one behind the other, need nothing more: each
does its part.

Deviations from the RFCs, and why:

- Timers may be set below what RFC 4787 REQ-5 (2 minutes), RFC 5382 REQ-5 (2 hours and 4 minutes; 4 minutes) and RFC
  5508 REQ-2 (60 s) demand: a lesson cannot wait for them. The defaults are theirs.
- The parity of a port is not kept, as RFC 7857 section 8 allows.
- A packet keeps its identification, which RFC 7857 section 10 would have made unique among all hosts inside: it matters
  only to fragments.
- A node's LANs do not overlap (RFC 4787 REQ-7): whoever writes the lab file chooses them.
- A well-known port inside gets one from 1024 on outside (RFC 4787 REQ-3a recommends another well-known one), unless
  `first_port` is lower: those of the outside address are the node's own.
- An inbound UDP packet refreshes nothing (RFC 4787 REQ-6a leaves it open): otherwise a peer alone could keep a mapping.
- Identifiers of ICMP queries have mappings that do not depend on the peer, and replies are let in from addresses that
  were asked, whatever `mapping` and `filtering` are.
- A connection that the translator has forgotten, or that it met in its middle, goes on when inside sends a segment
  that is no RST: RFC 5382 section 5 leaves this open.
- A RST that does not belong to its connection by its number is passed on, and changes nothing here: its hearer knows
  better. What a connection's ends have sent is not followed further.
- TCP and UDP to the outside address that are for no mapping, and for none of the node's own services and connections,
  are dropped, not refused by its kernel: that would end a simultaneous open (RFC 5382 REQ-4). An echo request to the
  outside address is answered by the node itself.
- Fragments are put together before they come here (RFC 4787 REQ-14); one that is still seen is dropped.
- No other protocol crosses. There is no ALG (RFC 4787 REQ-10, RFC 5382 REQ-6), no port overlapping (RFC 7857 section
  3), and one outside address only, so that pooling is paired by itself (RFC 4787 REQ-2).
- At most `max_mappings` are held, `per_host` of one host, `peers_per_mapping` peers of one; four sessions for each
  mapping, on average. New ones are refused; none that lives is ended, but for the oldest peer of the same mapping.

Supported standards: RFC 4787, RFC 5382, RFC 5508, with what RFC 7857 updates in them.
"""
