"""Session Traversal Utilities for NAT (STUN): the messages on which TURN and ICE stand, and who sent one.

No machine of its own: a supernode answers Binding requests beside those of TURN, a phone those of ICE.

Files, in the order to read them:

    values.py       what attributes carry, in octets and as values: a codec for each form
    attributes.py   the attributes by type: `USERNAME.of("alice")`, `message.get(USERNAME)`
    integrity.py    keys, MESSAGE-INTEGRITY, FINGERPRINT, and names and passwords as both ends must have them
    message.py      `Message`: whole messages
    nonce.py        `Nonces` of a server that keeps none of them; the nonce cookie
    credentials.py  who sent a message: `short_term` and `Realm` are the server's checks, `Login` the client's side
    transaction.py  `Transaction`: a client's request, sent again until its response comes
    framing.py      `Frames`: STUN and ChannelData on a byte stream
    binding.py      the Binding request, answered

Timers, in seconds:

    RTO     0.5     from a request over UDP to the same once more; then twice as long each time, seven requests in all
    (end)   8       16 RTO after the last one the transaction has failed: 39.5 s after the first (section 6.2.1)
    Ti      39.5    the same over TCP, where a request is sent once (section 6.2.2)
    nonce   600     so long a nonce is taken; then the client is told 438, with the next one

Bounds on what a peer sends: 64 attributes a message; texts of 763 octets; 508 octets of PASSWORD-ALGORITHMS, since a
client sends them back; a frame of as many octets as who reads the stream allows; three stale nonces in a row.

Names and passwords go through the OpaqueString profile (RFC 8265 section 4.2) with Python's table of Unicode: spaces of
every kind become U+0020, then form NFC. What is refused goes by general category: Cc, Cf, Cs, Co, Cn, Zl and Zp.

Deviations, and why:

- Of RFC 8264's FreeformClass the contextual rules, old Hangul jamo and the ignorable letters are not judged: that wants
  tables which Python has not, and a name that is odd harms only whose it is. ZWJ and ZWNJ are refused everywhere.
- An attribute whose value is not of its form costs its message: it is dropped, where a server might say 400.
- A FINGERPRINT that is wrong costs its message even where nobody uses FINGERPRINT: what has it was damaged on the way.
- A request is signed by MESSAGE-INTEGRITY or by MESSAGE-INTEGRITY-SHA256, never by both (section 9.1.2): ICE, the one
  usage with short-term credentials here, says which (RFC 8445 section 7.2.2 knows only the first).
- RTO is not estimated from round trips, and not kept (section 6.2.1): a lab's paths are shorter than half a second.
- A server offers no username anonymity (section 9.2.4 leaves it free): an account that is made from a shared secret
  cannot be found by a hash. Its 438 goes out unsigned (likewise).
- Requests of RFC 3489, without the magic cookie, are not answered (sections 11 and 12).
- ALTERNATE-SERVER and ALTERNATE-DOMAIN are read and not followed: an error 300 is an error (section 10). Servers are
  not looked up in the DNS (section 8), and there is no DTLS.
- ICMP's type and code have an octet each, as in ICMP itself; RFC 8656 draws them with seven bits and nine.

Supported standards: RFC 8489, as above (and with it RFC 5389, by its servers' and clients' messages); RFC 8265 section
4.2; RFC 8656 sections 12.4 to 12.6 and 18, the frames and attributes; RFC 8445 section 16.1, the attributes.
"""
