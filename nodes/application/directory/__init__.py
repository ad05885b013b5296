"""The directory: accounts, sessions, contacts with consent, presence, public keys, signals of calls, supernodes.

message      what clients and the directory say to each other: JSON, one object a line
fields       what may stand in a field of it
lines        bytes → lines of bounded length
stream       a client's connection: its time, its bounds, what waits to be sent
state        what is kept, and how it changes: rows that are put and deleted
desk         what the parts below work with: the state, who is here, jobs beside the machine
login        by password or by token; the queue of passwords
throttle     who guesses is slowed, by address and by account, in fixed memory
people       contacts, presence, keys, signals
relays       the supernodes: who registers, what credentials clients get, who is told which role
election     which client becomes a supernode, and when it is none any more
machine      Directory: the machine of the service `directory`
client       DirectoryClient: a client's side, for who has a phone or relays
link         its connection: its time, and what waits for an answer
place        where a lab's directory is: what its clients need and are told
config       DirectoryOptions
service      the declaration

No RFC says how: the words are ours, and the transport is a line for each object over TLS 1.3. One connection is login,
signals and proof of life at once. What is borrowed: passwords are hashed by Argon2id with the second recommended
parameters of RFC 9106 section 4 (64 MiB, 3 passes, 4 lanes, salt of 16 octets, tag of 32); credentials for supernodes
are those that TURN servers with a shared secret know.

What is acknowledged is in the file (services/directory_store.py): an answer follows the commit, and commits that wait
together are one. Kept are a hash for each password, a digest for each token, public keys, contacts, who was elected;
never a password, a token, or what credentials are made with, which is drawn anew at each start: supernodes are told the
new one when they are back, and take the one before as long.

Timers: 5 s to log in, 12 s without a word until a connection is gone (stream); 1 s doubling to 60 s after the tenth
failure (throttle); a client pings every 5 s, waits 20 s for an answer (link), and comes back after 0.2 s doubling to
10 s, with jitter (client); supernodes report every 2 s, three probes a second apart find one dead, 30 s doubling to 10
min until such a one may come back (election). Who has another address, or one again, comes back at once (client).

Bounds: 16 kB a line, 50 requests a second, 16 under way and 256 kB unread for a connection; 16 passwords in the queue,
2 of one address; 16 sessions, 16 places and 256 contacts for an account; 1,024 supernodes and candidates.

Supported standards: RFC 8259 (JSON), RFC 9106 (Argon2), RFC 8489 section 9.2 (what credentials are for).
"""
