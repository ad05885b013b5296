"""A phone: what two people say to each other, found through the directory, carried by whatever path there is.

Who calls whom:

machine      `Phone`: the machine of the service `phone`: what its user does, and the contract
exchange     the one call that there is: how it begins, what becomes of it, how it ends
call         a call as its user sees it: the table of its states
post         the phone's side of the directory: login, contacts, their keys, servers
letters      what is said to other phones, in order, until it has arrived
offer        what they say: offer, ringing, accept, refuse, cancel; signed and sealed
keys         identities, sealed messages, the keys of a call, fingerprints
trust        whose key is believed
seen         which offers have come already
outlet       a conversation's ports and connections
voice        what is said where there is no recording
reports      events
show         tables
needs        what it needs of its lab, and is told of it
config       PhoneOptions
service      the declaration

What they say to each other:

terms        what a conversation is told and what it tells: `Terms`, `Ports`, the events, `Statistics`
conversation  `Conversation`: everything between two phones once each knows what the other has offered
paths        the two paths of a call, and when it moves
line         one of them, which may be begun anew
control      what the phones tell each other on the path
description  what they tell of a line that is begun anew
media        speech in both directions
sound        a recording that is played, and what is heard kept

A call is set up through the directory, by messages that it cannot read: a `Party` of each side has its ICE credentials
and candidates, its SSRC and an ephemeral key. From then on the directory is not needed: the call goes on without it,
moves to other supernodes without it, and is hung up over its own path.

Keys: an identity is one Ed25519 pair, made at the first start and kept in the node. The directory tells contacts its
public half; the first one seen is pinned, and a changed one is told, and refused until its user trusts it. So relays
never hear a call, nor does a directory that was honest at the first sight; whether it was, two people find out who
compare the fingerprint, 60 digits. No RFC says how: the parts are Ed25519 (RFC 8032), X25519 (RFC 7748), HKDF (RFC
5869) and AES-GCM, and they stand in keys.

Timers: 30 s until nobody answers (32 s where it rings, so that the caller is the one who gives up), 15 s from the
answer to a path; what is said is said again after 0.5 s, for 30 s; an offer is fresh for 5 minutes, and remembered for
10. Of the conversation: half a second of silence, and it moves to the other path; 30 s, and it is lost.

Bounds: 1,000 offers remembered, 50 of one user; 32 letters on their way; 1,024 pinned keys; 16 candidates of a party;
the last 20 calls, and 100 checks of one.

Supported standards: RFC 8032, RFC 7748 and RFC 5869 by `cryptography`; what is beneath: ice, rtp, turn.
"""
