"""A phone: what two people say to each other, found through the directory, carried by whatever path there is.

Who calls whom:

    machine.py        `Phone`: the machine of the service `phone`: what its user does, and the contract
    handset.py        `Handset`: the one call that there is: how it begins, what becomes of it, how it ends
    call.py           `Call`: a call as its user sees it, with the table of its states
    post.py           `Post`: the phone's side of the directory: login, contacts, their keys, servers
    letters.py        `Letters`: what is said to other phones, in order, until it has arrived
    presence.py       `Shown`: contacts see him as he is
    offer.py          what they say: offer, ringing, accept, refuse, cancel; signed and sealed
    keys.py           `Identity`, sealed messages, the keys of a call, fingerprints
    trust.py          `Trust`: whose key is believed
    seen.py           `Seen`: which offers have come already
    outlet.py         `Outlet`: a conversation's ports and connections
    voice.py          what is said where there is no recording
    reports.py        events
    show.py           tables
    needs.py          what it needs of its lab, and is told of it
    config.py         `PhoneOptions`
    service.py        the declaration

A conversation, once each phone knows what the other has offered:

    terms.py          what it is told and what it tells: `Terms`, `Ports`, the events, `Statistics`
    sound.py          `Player`, `Recorder`: what stands for a microphone and an ear
    media.py          `Media`: a frame out and a frame heard, every 20 ms
    control.py        `Controls`: what the phones tell each other on the path, each until it is acknowledged
    description.py    `Description`: a data stream's credentials and candidates, told on the path
    line.py           `Line`: one of the two data streams of a call, which may be begun anew
    paths.py          `Paths`: by which line media goes, and when it moves
    restart.py        `Restarts`: a line is begun anew, since the address of one of the two is another one
    conversation.py   `Conversation`: all of these as one

A call is set up through the directory, by messages that it cannot read: a `Party` of each side has the credentials and
candidates of its data streams, its SSRC and an ephemeral key. From then on the directory is not needed: the call goes
on without it, moves to other supernodes without it, and is hung up over its own path.

The phone's address is that of its first interface that is up. With another one, or the same again after it was down, it
logs in anew at once, and a line of its call is begun anew (restart.py), for behind the same address there may be
another place. Without one it waits: its user is told so once, and it tries nothing.

An identity is one Ed25519 pair, made at the first start and kept in the node. The directory tells contacts its public
half; the first one seen is pinned, and a changed one is told, and refused until its user trusts it, by the fingerprint
that the two have compared: 60 digits. What the directory says between their look and that word is so of no use to it.
So relays never hear a call, nor does a directory that was honest at the first sight; whether it was, two people find
out who compare the fingerprint of a key that has not changed.

Timers, in seconds:

    answer      30     after which the caller gives up; 32 where it rings
    connect     15     from the answer to a path
    letter      0.5    after which what was said is said again, for 30
    shown       1      after which a presence that the directory has not taken is said again
    fresh       300    for which an offer is taken; it is remembered for 600
    silence     0.5    without a packet of media, after which it moves to the other line; one move a second at most
    lost        30     without one, after which there is no call any more
    probe       0.5    between two probes of the line without media; after 2.5 without one it is dead
    again       10     after which a line that could not be formed is begun anew; forming takes 20 at the most
    control     0.25   after which a message that is not acknowledged is sent again; 8 times
    restart     1      after which a line that is begun anew for another address, and not answered, is told of again
    kept        3      for which the line of the earlier address still hears, once media goes by the new one
    linger      2.25   for which the peer's hanging up is acknowledged

Bounds: one call at a time, and 4 that are over and have ports still; 1,000 offers remembered, 50 of one user; 32
letters on their way; 1,024 pinned keys; 16 candidates of a data stream; the last 20 calls, 100 checks of one, and ten
minutes of what was heard.

Deviations, and why:

- A call has two data streams, and moves between their selected pairs: within one, RFC 8445 nominates no second pair
  (section 8.1.1), and RFC 7675 notices a dead path only after 30 s.
- A probe is a compound RTCP packet, and control messages go in some of their own, both when they are due: what they
  take of the bandwidth is above RFC 3550's 5 % (section 6.2), and less than a tenth of the call's.
- The new description of a data stream (RFC 8445 section 9) goes over the path of the other one, encrypted as the call
  is, not by the way of the first offer: the directory may be gone. But where an address has changed it goes by the
  directory, since nothing that the peer says comes by the path: without it such a call is lost after 30 s, unless the
  address is the same again. For another address one line is begun anew, and the other one only where media is relayed.
- What the directory passes on to the place that a phone has just left is lost to it: a restart is said again, and
  speech is as good as the word that somebody has answered, but whom it calls just then it may call in vain.
- There is no voice activity detection: silence is sent as any sound (RFC 3551 section 4.1 lets it be left out).
- Offers and keys are of no RFC: neither SDP (RFC 8866) nor DTLS-SRTP (RFC 5764), which would need a certificate of each
  phone in the offer. The parts are Ed25519, X25519, HKDF and AES-GCM, by `cryptography`; how they are put together
  stands in keys. One pair signs and agrees on keys, by the map of RFC 7748 section 4.1, so that 32 octets are all that
  the directory has to tell.

Supported standards: RFC 3551 (PCMU), RFC 3550 section 6.7 (APP `CTNT`), RFC 8445 section 9 (restart of one stream; of a
changed address), RFC 8032 (Ed25519), RFC 7748 (X25519), RFC 5869 (HKDF).
"""
