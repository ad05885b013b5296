"""OSPF version 2: routes by link state. A machine: no sockets, no clock; bytes and time in, actions out.

Files, in the order to read them:

    lsa.py    what a router says of itself: `Lsa`, its header, its checksum, which of two is newer (RFC 2328 A.4, 13.1)
    packet.py    the wire: the five packets, by hand (RFC 2328 A.3)
    authentication.py    who may speak: checksum, password, digest (RFC 2328 appendix D, RFC 5709)
    interface_states.py, neighbour_states.py, transitions.py    the two machines, as tables (sections 9.3, 10.3)
    interface.py, neighbour.py    `Circuit` and `Neighbour`: what is known of an interface, of a conversation
    area.py, router.py    `Area`, `Scope`: how far an LSA goes; `Router`: what all parts share
    election.py, hello.py    who is there, and who becomes Designated Router (sections 9.4, 9.5, 10.5)
    liveness.py    `Liveness`: neighbours whose loss BFD sees at once, where a lab file says so (RFC 5882)
    exchange.py    how two neighbours come to have one database (sections 10.6 to 10.9)
    recent.py, sending.py, flooding.py    each LSA to every router, until all have acknowledged it (sections 13, 14)
    originate.py, own.py    what this router says, and when (sections 12.4, 13.4, 14.1)
    round_trips.py, measuring.py    a cost that is measured: what round trips say of it, and the Echoes
    lsdb.py    the link state database: installing, ageing (sections 12.2, 13.2, 14)
    graph.py    an area as a directed graph of routers and networks (section 2.1)
    spf.py    the shortest-path tree, by Dijkstra's algorithm, and the next hops (sections 16.1, 16.1.1)
    destination.py, table.py    the network that an LSA speaks of; the routing table (section 11)
    intra_area.py, inter_area.py, externals.py    the routes of each kind (sections 16.1 to 16.4)
    routes.py, routing.py    `calculate`: all of that in its order (section 16); when, and what the kernel gets
    receiving.py, machine.py   whether what comes in is for this router (section 8.2); `OspfMachine`, what follows of it
    reports.py, show.py    events; `show ospf`
    history.py, explaining.py    what became of each route; which LSA it is made of
    asked.py    which of its LSAs somebody wants to have said anew
    seen.py    what a capture shows of flooding
    links.py    an area's links and its shortest-path tree, as others draw them
    service.py   the declaration
    config.py    `OspfOptions`, what a lab file may say
    agreement.py    which routers can be neighbours, by their options, and what keeps them from it
    expected.py    which routes a lab's routers should find

Deviations from the RFC, and what it leaves open:

- Metrics by Type of Service are read over, and never sent (RFC 2328 section 12.3 keeps them for older routers alone).
- An LSA with the reserved sequence number, or whose body is not whole, is left out like one with a wrong checksum.
- The sequence number of a signed packet is the time of day in eighths of a second, or one above the last on that
  interface. After a restart it may be below that, if just before hundreds of packets were sent at once: then neighbours
  that still know the old one do not listen for RouterDeadInterval at most (section D.3 expects so of a rollover).
- Nothing is kept of the neighbours' numbers when this router restarts, or when a neighbour goes down: an old packet of
  theirs may be taken until a newer one has come. 256 neighbours' numbers are remembered at most.
- A router has the same keys on all its networks, and they change with its lab file (RFC 5709 section 3.2).
- RFC1583Compatibility is always "disabled", which prevents routing loops (appendix C.1, whose default it is not).
- There are no virtual links and no area address ranges of ours. The transit areas of others' virtual links are used
  (section 16.3).
- An LSA's checksum is not verified again as it ages (section 14, CheckAge): nothing writes to the bytes that are held.
- Networks are broadcast or point-to-point ones: there is no NBMA, no Point-to-MultiPoint, no looped-back interface, and
  the source of a packet must be on the network of a point-to-point link, too: routes by another would lead nowhere.
- So that nobody waits for HelloInterval, a Hello is sent at once where an interface comes up, to who is new or has
  lost us, and after an election; ten a second on a LAN at most. The first Database Description is sent again to who
  shows that it has not heard it, and requests and answers follow each other at once.
- A Database Description with the number of the last one, but other headers, is no duplicate (section 10.6 looks at the
  number, the bits and the Options alone): it is of another attempt, and the exchange begins again.
- MinLSInterval is RouterDeadInterval where that is under 5 s, but never under 1.1 s. An LSA of which nobody has heard
  may be replaced sooner. What happens within 50 ms, or while an adjacency is just coming up (1 s at most; 0.3 s where
  nothing is heard yet on a point-to-point link that has just come up), is said together; that something was lost is
  said at once.
- Two instances of an LSA are sent to a neighbour 1.1 s apart: it would throw the second away within MinLSArrival, and
  get it again only after RxmtInterval. What came in answer to a request may be followed by a newer one at once (13 (5a)
  speaks of what was "received via flooding"); and once more 1.1 s later to who has not acknowledged it.
- A newer instance of our own that comes back is outdone within 50 ms, not flooded (13 (5b)): who forges one a second
  would have us tell it to everybody. Another one is not taken within MinLSInterval, as it could not be answered (12.4);
  one that is of an earlier life and has no successor is flushed, a second after the exchange in which it came.
- An exchange of which nothing comes for RouterDeadInterval (four RxmtIntervals, if those are longer) begins again: the
  RFC would ask for ever, and keep all that is flushed meanwhile (section 14).
- An LSA at MaxAge is kept for 10 s at least, though everybody has acknowledged it (section 14 would have it "removed
  immediately"): an older instance that was late on another way cannot live again where it was just forgotten. After
  another MaxAge it goes, whoever has not acknowledged it.
- An instance at MaxSequenceNumber gives way to its flush alone, not to one with a greater checksum (section 13.1).
- Opaque LSAs are flooded and listed for who takes them (RFC 5250); the router makes none and reads none.
- 256 neighbours are held on an interface, and 256 others remembered with whom nothing comes about.
- At most 20,000 LSAs and 4 MiB of others are held in one database, whatever a hostile neighbour floods.
- A measured cost (`cost: measured`) is none of the RFC's, by which a cost "is configurable by the system administrator"
  (section 2); Echo is RFC 792's. Two routers may find different costs for one link. A neighbour with which
  this router is not Full is not asked: on a broadcast network that is all but the Designated Router and its Backup,
  unless it is one of them itself; of several the median counts. The round trip is as the machine sees it, so what
  keeps this node, or the neighbour, busy is in it.

Supported standards: RFC 792 (Echo), RFC 2328, RFC 5250 (as a router that passes on), RFC 5709, RFC 5882 (section
10.1).
"""
