"""RTP: a call's media on the wire, and what each end tells the other of how it is heard; all of it encrypted.

Files, the wire's in the order to read them:

    packet.py    `Packet`: the header, CSRCs, the extension; which datagram is RTCP (RFC 3550 section 5, RFC 5761)
    rtcp.py      SR, RR, SDES, BYE, APP, and compound packets of them (RFC 3550 section 6)
    source.py    `Source`: which packets of a source are valid, how many are lost, the jitter (appendices A.1, A.3, A.8)
    intervals.py    `Intervals`: when a report is sent (sections 6.2 and 6.3, appendix A.7)
    keys.py      `MasterKey`, and the `SessionKeys` that are derived from one (RFC 3711 section 4.3)
    replay.py    `ReplayList`: which packets have come already (RFC 3711 section 3.3.2)
    srtp.py      `SrtpSender`, `SrtpReceiver`: AES-GCM, the rollover counter (RFC 3711, RFC 7714)
    clear.py     the same two without encryption, to show what then is heard on the way
    session.py    `Session`: both directions of one call, and their reports

and the speech's:

    g711.py       samples ↔ codes, by µ-law and A-law: `PCMU`, `PCMA`
    jitter.py     `JitterBuffer`: frames in their order, at an even pace, however they come
    conceal.py    `Concealer`: something to hear where a frame is missing
    quality.py    how good it sounded: the E-model's rating and MOS
    wav.py        speech in a file

Main types: a `Session` is made of two `Side`s and what is `Agreed`; `protect` and `protect_control` make datagrams,
`unprotect` and `unprotect_control` read them, `wake` gives the report that is due. It is no `Machine`: it has no port,
and whoever has the call sends what it gives back, on the path that it likes.

Timers, in seconds:

    reports   5    on average between two reports, ±50 % at random, then divided by 1.22 (section 6.3.1); 2.5 before the
                   first; more where 5 % of the session bandwidth would not carry them
    member    25   a peer that is silent for so long counts as gone when the next report is timed (section 6.3.5)

The first use of a key imports `cryptography`: AES-GCM, and AES for the derivation, are its, not ours.

Deviations, and why:

- A session is of two parties, whose SSRCs both know before the first packet and are not equal: no collisions are
  resolved and no loops found (RFC 3550 section 8.2), no mixers' sources listed. A packet of a third SSRC is refused.
- A source keeps its SSRC when its transport address changes (RFC 3550 section 5.1 asks for another one): its packets
  move from path to path within a call, and are known by their key.
- A source whose packets are authenticated is valid with its first packet, and never begins anew, since its index is
  known (RFC 3711 section 3.3.1); appendix A.1's two in sequence are for the clear.
- Control messages (APP), and the goodbye of a call, are sent when they are due, not at the next report: each in a
  compound packet with a report of its own. A member's leaving does not bring the next report forward (reverse
  reconsideration: section 6.3 lets two parties leave it out).
- The NTP timestamp is the node's monotonic clock, as section 6.4.1 allows: it relates to no other.
- Whether an SR is sent goes by whether data was sent since the last report but one (section 6.4), control messages'
  reports counted.
- A compound packet of more than 64 packets is refused. One packet alone is taken (appendix A.2 does not ask for two).
- The first sequence number is below 2^15, not any (RFC 3550 section 5.1): else the loss of the first packets could
  leave the rollover counters apart for good.
- With AES-GCM no other transform: a call of ours needs one. No MKI, no key derivation rate, no re-keying: a call has
  its own keys, for 2^48 packets, and ends with them. Header extensions are authenticated, not encrypted (RFC 6904).
- The salt of 12 octets stands on the left in the derivation's 14, as libsrtp has it; RFC 7714 does not say.
- A packet has one frame of 20 ms: our senders' (RFC 3551 section 4.2 would have up to 200 ms taken).
- A late packet is concealed, not put in afterwards (G.711 appendix I knows only frames that come and frames that do
  not).

Supported standards: RFC 3550 (end systems, two parties), RFC 3711 (section 4.3's derivation; indices, replay, SRTCP),
RFC 5761 section 4 (one port for both), RFC 7714 (AEAD_AES_128_GCM, AEAD_AES_256_GCM); RFC 3551 (sections 4.1, 4.2 and
4.5.14), ITU-T G.711 and its appendix I, the parts of ITU-T G.107 and G.113 appendix I that loss and delay need,
RFC 2361 (the three forms of WAVE).
"""
