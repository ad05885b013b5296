"""A supernode: Traversal Using Relays around NAT, with STUN's Binding method; and what its client is.

Files, in the order to read them:
    config        options
    service       the declaration of `supernode`
    needs         what it needs and is told of its lab: the LANs, the directory
    credentials   usernames with their time, and passwords made of a secret; the directory makes them by it
    policy        to which peers it relays
    allocation    `Allocation`: one client's permissions and channels; `FiveTuple`
    relays        the relay ports: which is drawn, which are reserved
    table         all allocations, by 5-tuple, by port, by client
    asked         a request whose sender is known; why one is refused
    allocator     how allocations are made and ended
    requests      what is asked of an allocation: Refresh, CreatePermission, ChannelBind, Send
    relay         the way of the data, before they are packets
    icmp          errors that come back
    limiter       how much is said to those who have proved nothing
    stream        a client over TCP
    reports       the events
    show          the table
    duty          what it does, and with which ports; what the directory takes it for
    machine       the machine `Supernode`
    prober        whether another supernode can be reached
    registrar     its side of the directory
    member        the machine `Member`: a supernode that a directory knows
    client        a client's side: one allocation at one server
    connection    a client's connection to a server

Timers: an allocation lasts `lifetime` (600 s) unless its client asks for more, at most `longest` (3,600 s); a
permission 300 s, a channel 600 s, and for 300 s more neither end of it is bound to another; a reserved port 30 s; a
nonce `nonce` (600 s); a connection without an allocation 30 s. A credential is taken for 60 s after its time. The
permissions and channels that are over are noticed when they are looked at. Of a member: a report each 2 s; a probe
waits 2.5 s; a directory that is back has 60 s to say again that one is a supernode; a registration that was refused is
tried again after 10 s.

Bounds: `allocations` in all and `per_user`, reserved ports among them; `permissions` and `channels_each` of each;
`bandwidth` of each; 10 ICMP errors a second of each; 20 answers a second to an address that has proved nothing, and
4,096 such addresses; 2,048 octets of a message over a connection without an allocation; 64 kB that wait for a client
over TCP; 16 probes under way; the last eight secrets. A retransmitted Allocate request is known by the allocation that
it made, so that no answers are kept.

Its node's addresses may become other ones: an allocation of an address that is gone ends, and what was another host's
is no peer any more.

Deviations, and why:
    The key is made of the username and the secret for each request, where RFC 8656 section 6 has it stored: so neither
        it nor a password is kept.
    DONT-FRAGMENT is not understood (sections 7.2, check 4, and 11.2): no single datagram can have its DF bit set here.
        What is relayed has DF 0, the alternate behaviour of section 14.
    DSCP is 0 and ECN is Not-ECT, the alternate behaviours of section 14: reading them costs as much as relaying.
    Where a client has one allocation, its ChannelData are known by its address and port, whichever of the node's
        addresses they come to (section 6 has the 5-tuple): only a node with several addresses could tell.
    An attribute whose value is malformed makes the message none (dropped, counted), but where RFC 8656 wants 400: that
        goes unsigned.
    Usernames are not hidden (RFC 8489 section 14.4, MAY): a password is made of the name, and no list of names is kept.
    A supernode that drains, or only stands by, refuses Allocate requests with 508: 300 (Try Alternate) is not there,
        and clients know others by the directory. One that stands by answers Binding requests once the directory has it
        as a candidate: that is how others see whether it can be reached, before it is elected.
    IPv6, TLS, DTLS, redirection (300), RFC 5780 and RFC 6062 are not there: a lab has IPv4 and UDP peers.

Supported standards: RFC 8656 (UDP and TCP to the client, UDP to the peer), RFC 8489 (Binding; long-term credentials by
MD5 and SHA-256), RFC 5766 (its channel numbers, by an option), RFC 6056 (random ports), RFC 1191 (an MTU is told on).
"""
