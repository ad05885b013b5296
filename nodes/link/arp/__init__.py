"""ARP: which hardware address an IPv4 address of the link has. A machine: no sockets, no clock.

Files, in the order to read them:

    packet.py     the wire: `ArpPacket`, by hand (RFC 826)
    states.py     what becomes of a neighbour, as a table
    config.py     `ArpOptions`: times and bounds, every default with its unit
    cache.py      `Cache`: who is known and who is asked for, and what waits for it; bounded
    machine.py    `Arp`: who is asked, who is answered, who is believed; announcements and defence
    reports.py    the events

The stack of ours stands on it (nodes/transport/stack); a node on the kernel's stack only announces its own address
(nodes/runtime/announce.py).

Deviations from the RFCs, and what they leave open:

- RFC 826 believes whoever speaks. Not believed are group and broadcast hardware addresses (RFC 1812 section 3.3.2),
  senders outside the interface's network or with its broadcast address, and who claims an address of this node. Nothing
  else protects against spoofing: the last word counts, as the RFC has it, and is told as `arp.moved`.
- An address is not probed before it is used (RFC 5227 section 2.1): that takes seconds, and who writes the lab file
  gives each address once. It is announced three times, and defended as in section 2.4 (c).
- Packets for an address wait, 256 of them and a mebibyte in all, the latest ones (RFC 1122 section 2.3.2.2 wants one);
  while 256 addresses of an interface are asked for, what goes to another one is dropped.
- The router answers for others (`may_proxy`, RFC 1027) as its routes say. The RFC's rule that asker and target be of
  one classful network is left out: the lecture's hosts are in several.
- Of one entry alone the time counts: what is used is polled after a minute, what is not is forgotten.

Supported standards: RFC 826 for IPv4 on Ethernet; RFC 1122 section 2.3.2; RFC 1812 section 3.3.2; RFC 1027; of RFC 5227
sections 1.1, 2.3 and 2.4.
"""
