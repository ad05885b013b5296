"""RIP version 2: routes by distance vector. A machine: no sockets, no clock; bytes and time in, actions out.

Files, in the order to read them:

    packet.py    the wire: `Message` and its entries, by hand
    received.py    which entries of a response are valid: `AdvertisedRoute` (RFC 2453 section 3.9.2)
    table.py     `Table` of `Route`s, and the receive rule, `select_route` (section 3.9.2)
    output.py    what is said on which network: split horizon, 25 entries a message (sections 3.4.3, 3.10.2)
    authentication.py    who may speak: passwords and digests (section 4.1, RFC 4822)
    sequences.py    which message is an old one; the keys themselves and their digests: nodes/keys
    redistribution.py    which routes of the node's other sources are announced
    sender.py   `Sender` sends it: full and triggered updates, requests, the poison at the end (sections 3.9.1, 3.10)
    machine.py   `RipMachine`: when to send, what to make of what is received (sections 3.8 to 3.10)
    neighbours.py, refusals.py, reports.py    who was heard, what was refused; events and `show rip`
    cause.py     `Cause`: why a route changed, in words and as fields
    history.py    where each route comes from, for `trace route`
    service.py   the declaration
    config.py    `RipOptions`, what a lab file may say
    expected.py    which routes a lab's routers should find

Timers, in seconds, all options but the last two:

    update    30    the whole table to every network, ±1/6 at random each time (±5 s at 30 s, section 3.8)
    timeout   180   a route of which nothing was heard for so long is unreachable: metric 16
    garbage   120   so long an unreachable route is still announced, then it is forgotten
    (quiet)   1–5   at update: 30 s, else in proportion: the least time between two triggered updates (section 3.10.1)
    (ask)     1–5   likewise: from the loss of a route to the question whether a neighbour has another way, and from
                    an interface's coming up to the second request there

The last two are not used with `triggered: off`, which is for teaching: then only regular updates are sent (but for
those at a start and on an interface that comes up), nobody is asked after a loss, and no poison is sent at the end.

Ties, two ways of the same metric: the one that was there first stays, so that routes do not bounce. Another router's
takes its place only when nothing was heard of the first one for half its timeout (section 3.9.2, "optional, but highly
recommended"). One way is in use at a time, never both.

Deviations from the RFC, and why:

- At its start, and on an interface that comes up, a router sends its table beside its request, and both once more
  after 1–5 s, in proportion to `update`: of two ends that come up one after the other the first one asks when nobody
  is listening, and a bridge may drop what comes in the first moment.
- After losing a route the router asks its neighbours for their tables, instead of waiting for their next update. The
  question waits as long as a triggered update would, so that the bad news arrives before it and nobody answers with
  a route that the same failure broke.
- A version 1 message is refused, as section 4.6 and the receive switch of section 5.1 allow a router that speaks only
  version 2: without masks its routes would be guesses.
- Requests too must come from the link: whoever can forge a far address would turn the router against it.
- The sequence number of an authenticated message is the time of day in seconds, so that it does not fall at a restart
  though nothing is kept on disk (RFC 4822 section 2.3 asks a router that has forgotten it to begin with zero). All
  messages of a second have the same one, as "non-decreasing" allows (RFC 4822 section 2.1).
- A message with its digest is no longer than one of 25 entries without: 20 to 23 routes. FRR and BIRD take no more.
- A neighbour that has been silent for the timeout may begin at any number, not only at zero or above its last one
  (RFC 4822 section 2.3.2): FRR counts from the start of its process, on all its networks together.
- An older key's message, after a newer one's, must not have a number below that one's, where its own is not higher (see
  sequences.py): RFC 4822 would take its last messages once more as long as the older key is valid.
- Nothing is kept of the neighbours' sequence numbers when this router restarts: an old message of theirs may be taken
  until a newer one has come.
- A router has the same keys on all its networks, and they change with its lab file: it has no key management protocol,
  and no verb that adds or deletes a key while it runs (RFC 4822 sections 2.2 and 3.1).
- While another source's route to a prefix is announced, RIP goes on with its own behind it, and the kernel has it: one
  way is in use, but none has to be found again.
- At most 4,096 routes are held and 256 neighbours are remembered, whatever a hostile neighbour says.

Supported standards: RFC 2453, without the RIP-1 settings of section 5.1; RFC 4822 (and with it RFC 2082).
"""
