"""The domain name system: an authoritative name server and a caching, iterating resolver.

Files:
    config        options of both services
    types         numbers and words of types, classes and codes
    text          octets, numbers and times as text
    name          domain names
    fields        the kinds of fields that data are made of, in text and in octets
    records       the data of each type
    codec         names and data in bytes, on dnslib's buffer
    message       whole messages, EDNS, truncation
    streams       messages over TCP; a server's connections
    query         which question can be answered, and which cannot
    prepared      answers worked out once, for one version of the zones
    reports       the events, and what they say to a person
    entries       master files → words
    zonefile      master files → records
    zonecheck     whether records make a zone
    changes       records added to a zone and deleted from it
    zone          zones, each a value, and what is found in them
    service       the declarations of `nameserver` and `resolver`
    needs         what both services need of their lab: zone files, servers of the root
    nameserver    the machine `Nameserver`
    cache         what a resolver has learnt
    servers       how quickly others' servers answer
    reading       what an answer means
    task          one question on its way: whom to ask next
    resolver      the machine `Resolver`: clients, open questions, timers
    stub          the machine `Stub`: one question of a program to its resolver
    served        either of them with its ports and its connections, as its service runs it

Timers of the resolver (the name server has none): a server that is not known gets `timeout` (0.8 s), a known one
twice its smoothed round-trip time (at least 0.4 s); a client gets its answer or SERVFAIL within `deadline` (4.5 s). A
server's round-trip time is kept for 300 s, a failure for 1 s, a negative answer for 3 h at most, anything for 1 day at
most. A TCP connection may idle for 10 s.

What a client's question may cost: 32 messages to name servers, 20 searches for servers' addresses (four deep, ten for
one zone), 16 aliases, 10 shortened names. Of a zone 20 servers are considered, and 40 addresses.

Deviations, and why:
    Names keep their capitals in the question only; owners and names in data are folded to lower case, which makes
        comparing them cheap (RFC 1034 section 3.1 and RFC 3597 section 3 ask to preserve case).
    A quoted string ends on its line (RFC 1035 section 5.1 lets it go on), so that one that is never closed is found.
    A redirection (DNAME) is kept only with the aliases that it has made: nothing here can validate it (RFC 6672 3.4).
    The root hints are used as they are, without a priming question (RFC 8109): the lab writes them, and they are right.
    Source ports come from a pool of 32, not of all (RFC 5452 section 9.2): each port costs a socket.
    Servers are asked at their IPv4 addresses only: a lab has no IPv6.
    A TCP connection to a server carries one question (RFC 7766 section 6.2.1 would have it reused).
    A change that would leave a CNAME beside other records is refused (RFC 2136 section 3.4.2.2 ignores it silently).
    Zone transfers, dynamic update and DNSSEC are not there: REFUSED, NOTIMP, and no DO bit. Messages of every opcode
        and records of every class are read; a zone's changes are made by whoever has the name server, not by a peer.

Supported standards: RFC 1034, RFC 1035, RFC 1982 (serial numbers), RFC 2136 (section 3.4.2: changes), RFC 2181, RFC
2308, RFC 3596 (AAAA), RFC 3597 (types without a name here), RFC 4592 (wildcards), RFC 5452 (answers are matched; 9.2 as
above), RFC 6672 (DNAME), RFC 6891 (EDNS version 0, 1,232 octets), RFC 6895 (what types records have), RFC 7766 (TCP,
pipelining), RFC 8020 (NXDOMAIN), RFC 9156 (minimised names), RFC 9471 (glue or TC), RFC 9520 (failures are kept), RFC
9619 (one question).
"""
