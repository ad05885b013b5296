"""A phone: what two people say to each other, found through the directory, carried by whatever path there is.

A conversation, once each phone knows what the other has offered:

    terms.py          what it is told and what it tells: `Terms`, `Ports`, the events, `Statistics`
    sound.py          `Player`, `Recorder`: what stands for a microphone and an ear
    media.py          `Media`: a frame out and a frame heard, every 20 ms
    control.py        `Controls`: what the phones tell each other on the path, each until it is acknowledged
    description.py    `Description`: a data stream's credentials and candidates, told on the path
    line.py           `Line`: one of the two data streams of a call, which may be begun anew
    paths.py          `Paths`: by which line media goes, and when it moves
    conversation.py   `Conversation`: all of these as one

Timers, in seconds:

    silence     0.5    without a packet of media, after which it moves to the other line; one move a second at most
    lost        30     without one, after which there is no call any more
    probe       0.5    between two probes of the line without media; after 2.5 without one it is dead
    again       10     after which a line that could not be formed is begun anew; forming takes 20 at the most
    control     0.25   after which a message that is not acknowledged is sent again; 8 times
    linger      2.25   for which the peer's hanging up is acknowledged

Deviations, and why:

- A call has two data streams, and moves between their selected pairs: within one, RFC 8445 nominates no second pair
  (section 8.1.1), and RFC 7675 notices a dead path only after 30 s.
- A probe is a compound RTCP packet, and control messages go in some of their own, both when they are due: what they
  take of the bandwidth is above RFC 3550's 5 % (section 6.2), and less than a tenth of the call's.
- The new description of a data stream (RFC 8445 section 9) goes over the path of the other one, encrypted as the call
  is, not by the way of the first offer: the directory may be gone.
- There is no voice activity detection: silence is sent as any sound (RFC 3551 section 4.1 lets it be left out).

Supported standards: RFC 3551 (PCMU), RFC 3550 section 6.7 (APP `CTNT`), RFC 8445 section 9 (restart of one stream).
"""
